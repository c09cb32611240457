"""The kernel drops the high half of a call number."""

from catalyst.audit.inside.acts.kernel import asks_beyond
from catalyst.audit.inside.probe import EVERYONE, Probe

# no parameters: EFAULT
PROBE = Probe(
    id="io-uring-long-number",
    theme="kernel",
    title="use io_uring by a number with a high half",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks_beyond("io_uring_setup", 1, None),
)
