"""What others run, and with which arguments, is in /proc unless the process namespace is its own."""

from catalyst.audit.inside.acts.processes import strangers
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, allowed, denied


def act(_: Context) -> Answer:
    """Counted, not named."""
    count = len(strangers())
    return allowed(f"processes of others in sight: {count}") if count else denied("no other process in sight")


PROBE = Probe(
    id="other-processes",
    theme="identity",
    title="see other programs",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    by_itself=True,  # attempts beside it may lead sessions of their own
    act=act,
)
