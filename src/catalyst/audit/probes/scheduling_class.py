"""A real-time thread starves the machine."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EINVAL: no parameters
PROBE = Probe(
    id="scheduling-class",
    theme="kernel",
    title="run before everybody else (sched_setscheduler)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("sched_setscheduler", 0, 0, None),
    levels=("maximum",),
)
