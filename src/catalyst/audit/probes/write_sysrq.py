"""/proc/sysrq-trigger restarts the machine or kills everything on it. Opened and not written."""

from catalyst.audit.inside.acts.files import overwriting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="write-sysrq",
    theme="write",
    title="give the kernel emergency commands (reboot, kill all)",
    origin="general",
    control="masked-paths",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=overwriting("/proc/sysrq-trigger"),
)
