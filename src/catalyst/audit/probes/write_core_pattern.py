"""core_pattern and modprobe name programs that the kernel runs as root, outside every sandbox."""

from catalyst.audit.inside.acts.files import overwriting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="write-core-pattern",
    theme="write",
    title="have the kernel run a program as root on the host",
    origin="CDK",
    control="masked-paths",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=overwriting("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug"),
)
