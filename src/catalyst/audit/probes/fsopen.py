"""The mount calls of Linux 5.2, which older filters do not know."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no name: may_mount() first, EFAULT after it (fs/fsopen.c)
PROBE = Probe(
    id="fsopen",
    theme="kernel",
    title="mount a file system, by the new calls",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("fsopen", None, 0),
    also=("capabilities", "identity"),
    needs_root=True,
)
