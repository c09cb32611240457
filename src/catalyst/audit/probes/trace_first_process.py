"""Whoever traces PID 1 runs code in it, before every restriction of its own."""

from functools import partial

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.acts.tracing import on_first, seize
from catalyst.audit.inside.probe import EVERYONE, Probe

act = on_first(lambda process: permitted("tracing pid 1", partial(seize, process)))

PROBE = Probe(
    id="trace-first-process",
    theme="kernel",
    title="take over the first process (ptrace)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    needs_root=True,
)
