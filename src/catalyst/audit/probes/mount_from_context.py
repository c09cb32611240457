"""The new mount calls."""

from catalyst.audit.inside.acts.kernel import NONSENSE, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# may_mount() first, then EINVAL for the flags (fs/namespace.c)
PROBE = Probe(
    id="mount-from-context",
    theme="kernel",
    title="mount by fsmount",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("fsmount", -1, NONSENSE, 0),
    also=("capabilities", "identity"),
    needs_root=True,
)
