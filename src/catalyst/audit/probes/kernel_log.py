"""The log names addresses, devices and other programs."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

SYSLOG_ACTION_SIZE_BUFFER = 10

# a size is asked for, no message is read
PROBE = Probe(
    id="kernel-log",
    theme="kernel",
    title="read the kernel's log",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("syslog", SYSLOG_ACTION_SIZE_BUFFER, None, 0),
    also=("capabilities", "identity"),
    needs_root=True,
)
