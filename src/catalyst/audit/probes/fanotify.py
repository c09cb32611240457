"""fanotify sees and may hold up what other programs open."""

from catalyst.audit.inside.acts.kernel import does
from catalyst.audit.inside.probe import EVERYONE, Probe

# FAN_REPORT_FID, the kind that needs no capability; the group ends with this child
PROBE = Probe(
    id="fanotify",
    theme="kernel",
    title="watch the host's files (fanotify)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=does("making a fanotify group", "fanotify_init", 0x200 | 1, 0),
)
