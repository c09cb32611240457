"""Linux 6.15 has open_tree(2) a second time; a filter that only refuses what it knows lets it through."""

from catalyst.audit.inside.acts.kernel import AT_FDCWD, does
from catalyst.audit.inside.probe import EVERYONE, Probe

# OPEN_TREE_CLONE and AT_RECURSIVE; the copy is attached nowhere and ends with its descriptor
PROBE = Probe(
    id="mount-attributes-newer",
    theme="kernel",
    title="copy a mount by a call newer than most filters (open_tree_attr)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=does("copying the mount of /", "open_tree_attr", AT_FDCWD, b"/\0", 0x8001, None, 0),
    also=("capabilities", "identity"),
    needs_root=True,
)
