"""The page cache is shared with the host."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EBADF
PROBE = Probe(
    id="page-cache-look",
    theme="kernel",
    title="see what others read (cachestat)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("cachestat", -1, None, None, 0),
    levels=("maximum",),
)
