"""Used by databases alone, with a history of flaws."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

# EFAULT or EINVAL: no context
PROBE = Probe(
    id="kernel-aio",
    theme="kernel",
    title="use the kernel's old asynchronous I/O",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("io_setup", 0, None),
    levels=FROM_HIGH,
)
