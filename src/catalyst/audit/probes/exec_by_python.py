"""`python FILE`: an interpreter reads a script, and the kernel is not asked whether it may be run."""

import os
import sys

from catalyst.audit.inside.acts.files import NEW, unique
from catalyst.audit.inside.acts.programs import start
from catalyst.audit.inside.probe import Answer, Context, Probe, allowed, denied


def act(context: Context) -> Answer:
    """An empty script."""
    path = unique(context.scratch)
    os.close(os.open(path, NEW, 0o600))
    try:
        failed = start(sys.executable, ["python3", "-I", "-S", str(path)])
    finally:
        path.unlink()
    return denied("Python did not run it") if failed else allowed("a script that it wrote ran")


PROBE = Probe(
    id="exec-by-python",
    theme="execute",
    title="run a Python script it has written",
    origin="I3",
    control="execution",
    layers=(),
    levels=(),
    open_because="the workload is Python, and its own code can do whatever a script could",
    act=act,
)
