"""A way to other programs, and kernel memory (CVE-2017-11176)."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

# no name: EFAULT
PROBE = Probe(
    id="message-queue",
    theme="kernel",
    title="open a POSIX message queue",
    origin="CVE-2017-11176",
    control="system-calls",
    layers=EVERYONE,
    act=asks("mq_open", None, 0, 0, None),
    levels=FROM_HIGH,
)
