"""Settings of the kernel in /sys; uevent_helper is one more program that the kernel runs as root."""

from catalyst.audit.inside.acts.files import overwriting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="write-sysfs",
    theme="write",
    title="change the kernel's settings in /sys",
    origin="CDK",
    control="masked-paths",
    layers=EVERYONE,
    also=("identity", "write-confinement"),
    needs_root=True,
    act=overwriting("/sys/kernel/uevent_helper", "/sys/power/state", "/sys/kernel/mm/ksm/run"),
)
