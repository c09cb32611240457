"""A helper for code-reuse attacks."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EINVAL, or EOPNOTSUPP where the processor has none
PROBE = Probe(
    id="shadow-stack",
    theme="kernel",
    title="map a shadow stack",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("map_shadow_stack", 0, 0, 0),
    levels=("maximum",),
)
