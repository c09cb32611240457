"""Capabilities in the bounding set come back by a set-uid program. A guard that was not started by root cannot empty it,
and bubblewrap started by root leaves three to the guard."""

from catalyst.audit.inside.acts.processes import status
from catalyst.audit.inside.probe import CONTAINERS, Answer, Context, Probe, allowed, denied, unknown


def act(_: Context) -> Answer:
    """By the kernel's account."""
    value = status().get("CapBnd")
    if value is None:
        return unknown("/proc/self/status does not say")
    return allowed(f"CapBnd {value}") if int(value, 16) else denied("the bounding set is empty")


PROBE = Probe(
    id="bounding-set",
    theme="identity",
    title="keep capabilities in reserve (bounding set)",
    origin="amicontained",
    control="capabilities",
    layers=CONTAINERS,
    act=act,
)
