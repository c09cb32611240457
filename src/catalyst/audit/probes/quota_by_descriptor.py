"""quotactl_fd(2)."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EBADF
PROBE = Probe(
    id="quota-by-descriptor",
    theme="kernel",
    title="change disk quotas, by descriptor",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("quotactl_fd", -1, 0x8000_0400, 0, None),
)
