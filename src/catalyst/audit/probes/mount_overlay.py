"""overlayfs copied set-uid programs out of a namespace."""

from catalyst.audit.inside.acts.mounts import mounts
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="mount-overlay",
    theme="kernel",
    title="mount overlay",
    origin="CVE-2023-0386",
    control="system-calls",
    layers=EVERYONE,
    act=mounts("overlay", "lowerdir=/usr:/etc"),
    also=("capabilities", "identity", "write-confinement", "execution"),
    needs_root=True,
)
