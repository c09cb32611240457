"""Without no_new_privs a set-uid program or a file capability gives a program more than its caller has (prctl(2))."""

from catalyst.audit.inside.acts.processes import no_new_privileges
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, denied, unknown


def act(_: Context) -> Answer:
    """By the kernel's account."""
    on = no_new_privileges()
    if on is None:
        return unknown("the kernel does not say")
    return denied("no_new_privs is on") if on else allowed("no_new_privs is off")


PROBE = Probe(
    id="privileges-by-exec",
    theme="identity",
    title="gain privileges by starting a program",
    origin="amicontained",
    control="no-new-privileges",
    layers=EVERYONE,
    act=act,
)
