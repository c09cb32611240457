"""quotactl(2)."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EINVAL: there is no quota of type 255
PROBE = Probe(
    id="quota",
    theme="kernel",
    title="change disk quotas",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("quotactl", 0x8000_04FF, None, 0, None),
)
