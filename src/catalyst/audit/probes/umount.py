"""What is mounted over a secret hides it no longer."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# may_mount() first, then EINVAL: that is a folder, no mount (fs/namespace.c, can_umount)
PROBE = Probe(
    id="umount",
    theme="kernel",
    title="take a mount away",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("umount2", b"/proc/self\0", 0),
    also=("capabilities", "identity"),
    needs_root=True,
)
