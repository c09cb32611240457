"""The guard holds the plan."""

from functools import partial

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.acts.tracing import on_first, take_descriptor
from catalyst.audit.inside.probe import EVERYONE, Probe

act = on_first(lambda process: permitted("taking a descriptor of pid 1", partial(take_descriptor, process)))

PROBE = Probe(
    id="descriptor-of-first-process",
    theme="kernel",
    title="take an open file of the first process",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    needs_root=True,
)
