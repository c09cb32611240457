"""/dev/mem and its kin, opened and not read."""

from catalyst.audit.inside.acts.files import opening
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="physical-memory",
    theme="read",
    title="read the machine's physical memory",
    origin="general",
    control="devices",
    layers=EVERYONE,
    also=("capabilities", "identity"),
    needs_root=True,
    act=opening("/dev/mem", "/dev/kmem", "/dev/port"),
)
