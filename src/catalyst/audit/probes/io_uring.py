"""io_uring reads, writes and connects past every filter, and had more flaws than any other call."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no parameters: EFAULT
PROBE = Probe(
    id="io-uring",
    theme="kernel",
    title="use io_uring, which filters cannot look into",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("io_uring_setup", 1, None),
)
