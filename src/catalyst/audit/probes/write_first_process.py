"""The remote address is bad: nothing is written."""

from functools import partial

from catalyst.audit.inside.acts.kernel import reached
from catalyst.audit.inside.acts.tracing import on_first, read_memory
from catalyst.audit.inside.probe import EVERYONE, Probe

act = on_first(lambda process: reached("process_vm_writev", partial(read_memory, process, "process_vm_writev")))

PROBE = Probe(
    id="write-first-process",
    theme="kernel",
    title="write into the first process's memory",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    needs_root=True,
)
