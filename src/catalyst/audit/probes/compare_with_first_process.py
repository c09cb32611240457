"""Who may compare may trace."""

from functools import partial

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.acts.tracing import compare, on_first
from catalyst.audit.inside.probe import EVERYONE, Probe

act = on_first(lambda process: permitted("comparing with pid 1", partial(compare, process)))

PROBE = Probe(
    id="compare-with-first-process",
    theme="kernel",
    title="compare kernel objects with the first process",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    needs_root=True,
)
