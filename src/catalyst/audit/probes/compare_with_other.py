"""Who may compare may trace."""

from functools import partial

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.acts.processes import DOMAIN, on_victim
from catalyst.audit.inside.acts.tracing import compare
from catalyst.audit.inside.probe import EVERYONE, Probe

act = on_victim(lambda process: permitted("comparing", partial(compare, process)))

PROBE = Probe(
    id="compare-with-other",
    theme="kernel",
    title="compare kernel objects with a program of the same user",
    origin="general",
    control="namespaces",
    layers=EVERYONE,
    act=act,
    also=("system-calls", *DOMAIN),
)
