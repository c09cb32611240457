"""Message queues of the IPC namespace, as files."""

from catalyst.audit.inside.acts.mounts import mounts
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="mount-mqueue",
    theme="kernel",
    title="mount mqueue",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=mounts("mqueue"),
    also=("capabilities", "identity", "write-confinement", "execution"),
    needs_root=True,
)
