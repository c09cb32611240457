"""The memory of PID 1, opened and not read. Inside that is the guard, which no process of the workload may trace."""

import os
from pathlib import Path

from catalyst.audit.inside.acts.files import can_open
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, denied


def act(_: Context) -> Answer:
    """Where PID 1 is the program that started this attempt, the host's first process is not in sight."""
    if os.getppid() == 1:
        return denied("pid 1 is the program that made this attempt")
    return can_open(Path("/proc/1/mem"), os.O_RDONLY)


PROBE = Probe(
    id="first-process-memory",
    theme="read",
    title="open the memory of the first process",
    origin="general",
    control="namespaces",
    layers=EVERYONE,
    also=("identity", "capabilities", "write-confinement"),
    needs_root=True,
    act=act,
)
