"""Every terminal of the machine."""

from catalyst.audit.inside.acts.mounts import mounts
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="mount-devpts",
    theme="kernel",
    title="mount devpts",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=mounts("devpts"),
    also=("capabilities", "identity", "write-confinement", "execution"),
    needs_root=True,
)
