"""fanotify_mark(2)."""

from catalyst.audit.inside.acts.kernel import AT_FDCWD, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EBADF
PROBE = Probe(
    id="fanotify-mark",
    theme="kernel",
    title="watch a whole file system (fanotify_mark)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("fanotify_mark", -1, 1, 0, 2, AT_FDCWD, None),
)
