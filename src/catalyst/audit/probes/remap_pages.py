"""Deprecated; CVE-2009-0024."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EINVAL: no length
PROBE = Probe(
    id="remap-pages",
    theme="kernel",
    title="rearrange pages (remap_file_pages)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("remap_file_pages", 0, 0, 0, 0, 0),
)
