"""The guard is PID 1 inside and of the same user. Landlock's scope keeps the workload's signals from it (ABI 6)."""

import os

from catalyst.audit.inside.acts.tracing import on_first
from catalyst.audit.inside.probe import GUARD, Answer, Probe, allowed


def act(_: int) -> Answer:
    """Signal 0 asks for the permission and sends nothing."""
    os.kill(1, 0)
    return allowed("process 1 could be signalled")


PROBE = Probe(
    id="first-process-signal",
    theme="identity",
    title="signal the guard",
    origin="general",
    control="namespaces",
    layers=(GUARD,),
    needs_root=True,
    act=on_first(act),
)
