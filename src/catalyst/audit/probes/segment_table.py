"""16-bit segments: only old emulators need them."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# reads nothing
PROBE = Probe(
    id="segment-table",
    theme="kernel",
    title="change its segment table (modify_ldt)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("modify_ldt", 0, None, 0),
)
