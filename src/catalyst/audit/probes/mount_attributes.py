"""Read-only mounts are read-only until this call."""

from catalyst.audit.inside.acts.kernel import AT_FDCWD, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# may_mount() first, then EFAULT: there are no attributes (fs/namespace.c)
PROBE = Probe(
    id="mount-attributes",
    theme="kernel",
    title="make a mount writable (mount_setattr)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("mount_setattr", AT_FDCWD, None, 0, None, 32),
    also=("capabilities", "identity"),
    needs_root=True,
)
