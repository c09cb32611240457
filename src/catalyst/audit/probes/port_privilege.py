"""I/O ports reach disks and the firmware."""

from catalyst.audit.inside.acts.kernel import does
from catalyst.audit.inside.probe import EVERYONE, Probe

# this child alone gets it, and reads and writes nothing
PROBE = Probe(
    id="port-privilege",
    theme="kernel",
    title="talk to all of the machine's hardware (iopl)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=does("I/O privilege level 3", "iopl", 3),
    also=("capabilities", "identity"),
    needs_root=True,
)
