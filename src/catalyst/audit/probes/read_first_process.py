"""PID 1 may hold what the workload may not see."""

from functools import partial

from catalyst.audit.inside.acts.kernel import reached
from catalyst.audit.inside.acts.tracing import on_first, read_memory
from catalyst.audit.inside.probe import EVERYONE, Probe

act = on_first(lambda process: reached("process_vm_readv", partial(read_memory, process)))

PROBE = Probe(
    id="read-first-process",
    theme="kernel",
    title="read the first process's memory (process_vm_readv)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    needs_root=True,
)
