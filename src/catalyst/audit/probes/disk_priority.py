"""The host's disk is shared."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

# EINVAL: there is no kind 0
PROBE = Probe(
    id="disk-priority",
    theme="kernel",
    title="come first at the disk (ioprio_set)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("ioprio_set", 0, 0, 0),
    levels=FROM_HIGH,
)
