"""32-bit calls have other numbers, and some hide their arguments in memory (socketcall)."""

from catalyst.audit.inside.acts.machine import call_32_bit
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="call-32-bit",
    theme="kernel",
    title="make 32-bit calls from a 64-bit program (int 0x80)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=lambda _: call_32_bit(),
)
