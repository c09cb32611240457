"""Sockets that are logged in can be used as they are."""

from functools import partial

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.acts.processes import DOMAIN, on_victim
from catalyst.audit.inside.acts.tracing import take_descriptor
from catalyst.audit.inside.probe import EVERYONE, Probe

act = on_victim(lambda process: permitted("taking a descriptor", partial(take_descriptor, process)))

PROBE = Probe(
    id="descriptor-of-other",
    theme="kernel",
    title="take an open file of a program of the same user",
    origin="general",
    control="namespaces",
    layers=EVERYONE,
    act=act,
    also=("system-calls", *DOMAIN),
)
