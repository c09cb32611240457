"""Taking a cover away shows what is below."""

from catalyst.audit.inside.acts.kernel import NONSENSE, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# may_mount() first, then EINVAL for the flags (fs/namespace.c)
PROBE = Probe(
    id="mount-move",
    theme="kernel",
    title="move a mount",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("move_mount", -1, None, -1, None, NONSENSE),
    also=("capabilities", "identity"),
    needs_root=True,
)
