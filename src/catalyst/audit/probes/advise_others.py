"""process_madvise(2)."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EBADF
PROBE = Probe(
    id="advise-others",
    theme="kernel",
    title="push another process's memory out (process_madvise)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("process_madvise", -1, None, 0, 0, 0),
)
