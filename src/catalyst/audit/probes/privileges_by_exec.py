"""Without no_new_privs a set-uid program or a file capability gives a program more than its caller has (prctl(2))."""

from catalyst.audit.inside.acts.processes import status
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, denied, unknown


def act(_: Context) -> Answer:
    """By the kernel's account."""
    value = status().get("NoNewPrivs")
    if value is None:
        return unknown("/proc/self/status does not say")
    return denied("no_new_privs is on") if value == "1" else allowed("no_new_privs is off")


PROBE = Probe(
    id="privileges-by-exec",
    theme="identity",
    title="gain privileges by starting a program",
    origin="amicontained",
    control="no-new-privileges",
    layers=EVERYONE,
    act=act,
)
