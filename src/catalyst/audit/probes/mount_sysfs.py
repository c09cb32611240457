"""A new /sys is writable."""

from catalyst.audit.inside.acts.mounts import mounts
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="mount-sysfs",
    theme="kernel",
    title="mount sysfs",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=mounts("sysfs"),
    also=("capabilities", "identity", "write-confinement", "execution"),
    needs_root=True,
)
