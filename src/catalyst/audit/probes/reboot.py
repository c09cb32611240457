"""reboot(2)."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# CAP_SYS_BOOT first, then EINVAL: no magic number is 0
PROBE = Probe(
    id="reboot",
    theme="kernel",
    title="reboot the machine",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("reboot", 0, 0, 0, None),
    also=("capabilities", "identity"),
    needs_root=True,
)
