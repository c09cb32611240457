"""A ring may be handed over by another process."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EBADF
PROBE = Probe(
    id="io-uring-enter",
    theme="kernel",
    title="use an io_uring that exists",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("io_uring_enter", -1, 0, 0, 0, None, 0),
)
