"""The guard's own program, started again at every restart of the sandbox."""

from catalyst.audit.inside.acts.files import OWN_CODE, plant
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """Opened for writing, and nothing written."""
    return plant(OWN_CODE / "guard/main.py")


PROBE = Probe(
    id="guard-code",
    theme="write",
    title="alter the guard's program",
    origin="general",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=act,
)
