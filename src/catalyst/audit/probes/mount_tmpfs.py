"""A file system of its own, without the limits of the scratch."""

from catalyst.audit.inside.acts.mounts import mounts
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="mount-tmpfs",
    theme="kernel",
    title="mount tmpfs",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=mounts("tmpfs"),
    also=("capabilities", "identity", "write-confinement", "execution"),
    needs_root=True,
)
