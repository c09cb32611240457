"""A copy of a mount escapes what is mounted over it."""

from catalyst.audit.inside.acts.kernel import AT_FDCWD, does
from catalyst.audit.inside.probe import EVERYONE, Probe

# OPEN_TREE_CLONE and AT_RECURSIVE; the copy is attached nowhere and ends with its descriptor
PROBE = Probe(
    id="mount-copy",
    theme="kernel",
    title="copy a mount (open_tree)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=does("copying the mount of /", "open_tree", AT_FDCWD, b"/\0", 0x8001),
    also=("capabilities", "identity"),
    needs_root=True,
)
