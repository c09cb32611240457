"""Uses up the machine's memory."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# CAP_SYS_ADMIN first, then the name is read: EFAULT (mm/swapfile.c)
PROBE = Probe(
    id="swap-off",
    theme="kernel",
    title="turn the machine's swap off",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("swapoff", None),
    also=("capabilities", "identity"),
    needs_root=True,
)
