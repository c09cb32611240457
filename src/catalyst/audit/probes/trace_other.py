"""Whoever traces a browser has its passwords."""

from functools import partial

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.acts.processes import DOMAIN, on_victim
from catalyst.audit.inside.acts.tracing import seize
from catalyst.audit.inside.probe import EVERYONE, Probe

act = on_victim(lambda process: permitted("tracing it", partial(seize, process)))

PROBE = Probe(
    id="trace-other",
    theme="kernel",
    title="take over a program of the same user (ptrace)",
    origin="general",
    control="namespaces",
    layers=EVERYONE,
    act=act,
    also=("system-calls", *DOMAIN),
)
