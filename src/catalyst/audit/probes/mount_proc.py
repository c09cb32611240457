"""A new /proc has none of its files covered."""

from catalyst.audit.inside.acts.mounts import mounts
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="mount-proc",
    theme="kernel",
    title="mount proc",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=mounts("proc"),
    also=("capabilities", "identity", "write-confinement", "execution"),
    needs_root=True,
)
