"""io_uring_register(2)."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EBADF
PROBE = Probe(
    id="io-uring-register",
    theme="kernel",
    title="give files to an io_uring",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("io_uring_register", -2, 0, None, 0),
)
