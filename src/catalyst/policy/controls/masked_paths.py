"""Kernel files are covered."""

from catalyst.policy.build import Control
from catalyst.policy.model import MaskedPaths

# The masked and read-only paths of the OCI default that exist outside /sys: runtime-spec, moby oci/defaults.go.
PATHS = frozenset({
    "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/proc/bus", "/proc/fs", "/proc/irq",
    "/proc/sys", "/proc/sysrq-trigger",
})  # fmt: skip

CONTROL = Control(
    id="masked-paths",
    title="files of the kernel that show or change the host are covered or read-only",
    why="/proc/kcore is memory, /proc/sys/kernel/core_pattern runs a program as root on the host (CVE-2022-0492's kin)",
    rules=lambda _: [MaskedPaths(PATHS)],
)
