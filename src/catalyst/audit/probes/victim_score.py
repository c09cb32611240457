"""Who raises another's oom_score_adj chooses whom the kernel ends when memory runs out. Opened and not written.

Landlock lets the workload write below /proc, where its own files are, so the guard does not hold this alone.
"""

import os
from pathlib import Path

from catalyst.audit.inside.acts.files import can_open
from catalyst.audit.inside.acts.processes import on_victim
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="victim-score",
    theme="identity",
    title="have the kernel end a host process when memory runs out",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    act=on_victim(lambda pid: can_open(Path(f"/proc/{pid}/oom_score_adj"), os.O_WRONLY)),
)
