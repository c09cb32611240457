"""I/O ports reach disks and the firmware."""

from catalyst.audit.inside.acts.kernel import does
from catalyst.audit.inside.probe import EVERYONE, Probe

# this child alone gets it, and reads and writes nothing
PROBE = Probe(
    id="port-input-output",
    theme="kernel",
    title="talk to the machine's hardware (ioperm)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=does("access to one I/O port", "ioperm", 0x80, 1, 1),
    also=("capabilities", "identity"),
    needs_root=True,
)
