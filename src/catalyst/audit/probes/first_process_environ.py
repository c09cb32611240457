"""PID 1's variables; opened and not read. A process that may not be traced shows none."""

import os
from pathlib import Path

from catalyst.audit.inside.acts.files import can_open
from catalyst.audit.inside.acts.processes import DOMAIN
from catalyst.audit.inside.acts.tracing import on_first
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="first-process-environ",
    theme="read",
    title="take tokens from the first process's environment",
    origin="I9, CDK",
    control="namespaces",
    layers=EVERYONE,
    also=("identity", "capabilities", *DOMAIN),
    needs_root=True,
    act=on_first(lambda _: can_open(Path("/proc/1/environ"), os.O_RDONLY)),
)
