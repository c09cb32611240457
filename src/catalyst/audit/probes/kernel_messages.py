"""/dev/kmsg, opened and not read: the kernel's log names devices, paths and addresses."""

from catalyst.audit.inside.acts.files import opening
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="kernel-messages",
    theme="read",
    title="read the kernel's log by its device",
    origin="general",
    control="devices",
    layers=ENGINES,
    also=("capabilities", "identity"),
    needs_root=True,
    act=opening("/dev/kmsg"),
)
