"""Timers and scheduler show what every program of the host is doing, and where it lies in memory."""

from catalyst.audit.inside.acts.files import reading
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="kernel-timers",
    theme="read",
    title="watch the host's programs through the kernel's timers",
    origin="general",
    control="masked-paths",
    layers=ENGINES,
    also=("identity",),
    needs_root=True,
    act=reading("/proc/timer_list", "/proc/sched_debug", "/proc/latency_stats"),
)
