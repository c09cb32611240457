"""perf sees addresses of other programs and of the kernel."""

import struct

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# A clock of its own child: software, disabled, without kernel and hypervisor. kernel.perf_event_paranoid is asked
# after the arguments too (perf_event_open(2)).
PERF_CLOCK = struct.pack("2I5Q", 1, 64, 0, 0, 0, 0, 1 | 1 << 5 | 1 << 6).ljust(64, b"\0")

PROBE = Probe(
    id="perf-event",
    theme="kernel",
    title="use the kernel's profiler (perf)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("perf_event_open", PERF_CLOCK, 0, -1, -1, 0),
)
