"""Tokens lie in memory as they lie in the environment."""

from functools import partial

from catalyst.audit.inside.acts.kernel import reached
from catalyst.audit.inside.acts.processes import DOMAIN, on_victim
from catalyst.audit.inside.acts.tracing import read_memory
from catalyst.audit.inside.probe import EVERYONE, Probe

act = on_victim(lambda process: reached("process_vm_readv", partial(read_memory, process)))

PROBE = Probe(
    id="read-other",
    theme="kernel",
    title="read the memory of a program of the same user",
    origin="general",
    control="namespaces",
    layers=EVERYONE,
    act=act,
    also=("system-calls", *DOMAIN),
)
