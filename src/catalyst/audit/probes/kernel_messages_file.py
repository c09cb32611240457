"""/proc/kmsg, opened and not read, since reading takes the messages away from syslog."""

from catalyst.audit.inside.acts.files import opening
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="kernel-messages-file",
    theme="read",
    title="take the kernel's log from /proc",
    origin="general",
    control="capabilities",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=opening("/proc/kmsg"),
)
