"""A real-time thread starves the machine."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EINVAL: no attributes
PROBE = Probe(
    id="scheduling-attributes",
    theme="kernel",
    title="run before everybody else (sched_setattr)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("sched_setattr", 0, None, 0),
    levels=("maximum",),
)
