"""The new mount calls."""

from catalyst.audit.inside.acts.kernel import AT_FDCWD, NONSENSE, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# may_mount() first, then EINVAL for the flags (fs/fsopen.c)
PROBE = Probe(
    id="mount-pick",
    theme="kernel",
    title="reconfigure a mounted file system (fspick)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("fspick", AT_FDCWD, None, NONSENSE),
    also=("capabilities", "identity"),
    needs_root=True,
)
