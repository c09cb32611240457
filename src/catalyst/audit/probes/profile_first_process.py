"""What perf sees of a program tells its keys."""

import struct

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.acts.tracing import on_first
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import EVERYONE, Probe

# A clock of process 1, software, disabled, without kernel and hypervisor. Closed with this child.
PERF_CLOCK = struct.pack("2I5Q", 1, 64, 0, 0, 0, 0, 1 | 1 << 5 | 1 << 6).ljust(64, b"\0")

act = on_first(
    lambda process: permitted("profiling pid 1", lambda: call("perf_event_open", PERF_CLOCK, process, -1, -1, 0))
)

PROBE = Probe(
    id="profile-first-process",
    theme="kernel",
    title="profile the first process (perf)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    needs_root=True,
)
