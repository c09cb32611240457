"""The memory of PID 1, opened and not read. Inside that is the guard, which no process of the workload may trace."""

import os
from pathlib import Path

from catalyst.audit.inside.acts.files import can_open
from catalyst.audit.inside.acts.processes import DOMAIN
from catalyst.audit.inside.acts.tracing import on_first
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="first-process-memory",
    theme="read",
    title="open the memory of the first process",
    origin="general",
    control="namespaces",
    layers=EVERYONE,
    also=("identity", "capabilities", *DOMAIN),
    needs_root=True,
    act=on_first(lambda _: can_open(Path("/proc/1/mem"), os.O_RDONLY)),
)
