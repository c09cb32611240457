"""personality(2) takes an unsigned int: the kernel drops the high half."""

from catalyst.audit.inside.acts.kernel import does
from catalyst.audit.inside.native import HIGH
from catalyst.audit.inside.probe import EVERYONE, Probe

# of this child alone
PROBE = Probe(
    id="personality-high-bits",
    theme="kernel",
    title="switch off address randomisation, with high bits set",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=does("personality", "personality", HIGH | 0x0004_0000),
)
