"""int arguments have 64 bits for a filter and 32 for the kernel."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.native import HIGH
from catalyst.audit.inside.probe import EVERYONE, Probe

# EBADF
PROBE = Probe(
    id="io-uring-high-bits",
    theme="kernel",
    title="give files to an io_uring, with high bits set",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("io_uring_register", HIGH | 0xFFFF_FFFE, HIGH, None, HIGH),
)
