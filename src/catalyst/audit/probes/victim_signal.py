"""A host process of the same user could be ended. Signal 0 asks for the permission and sends nothing (kill(2))."""

import os

from catalyst.audit.inside.acts.processes import on_victim
from catalyst.audit.inside.probe import EVERYONE, Answer, Probe, allowed


def act(pid: int) -> Answer:
    """Landlock's scope refuses it without a process namespace, from ABI 6 on."""
    os.kill(pid, 0)
    return allowed(f"process {pid} could be ended")


PROBE = Probe(
    id="victim-signal",
    theme="identity",
    title="end a host process of the same user",
    origin="I4, I7",
    control="namespaces",
    layers=EVERYONE,
    act=on_victim(act),
)
