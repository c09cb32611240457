"""16-bit segments (CVE-2015-5157)."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# reads nothing
PROBE = Probe(
    id="segment-table",
    theme="kernel",
    title="change its segment table (modify_ldt)",
    origin="CVE-2015-5157",
    control="system-calls",
    layers=EVERYONE,
    act=asks("modify_ldt", 0, None, 0),
)
