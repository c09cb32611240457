"""Device nodes."""

from catalyst.policy.build import Control
from catalyst.policy.model import Devices

CONTROL = Control(
    id="devices",
    title="no device but what the GPU setting asks for",
    why="/dev/mem, disks and input devices are the host itself; AMD needs /dev/kfd and /dev/dri and no SYS_PTRACE",
    rules=lambda settings: [Devices(frozenset() if settings.gpu == "none" else frozenset({settings.gpu}))],
)
