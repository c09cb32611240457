"""The srl-nodes miner and GHOST end their rivals. Signal 0 asks for the permission and sends nothing (kill(2)).

Without an own process namespace, Landlock's scope refuses signals out of its domain, from ABI 6 on.
"""

import os
from functools import partial

from catalyst.audit.inside.acts.processes import strangers
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, first_allowed


def act(_: Context) -> Answer:
    """Each process that is not of this sandbox."""
    return first_allowed([partial(_may_signal, pid) for pid in strangers()], "no other process in sight")


def _may_signal(pid: int) -> Answer:
    os.kill(pid, 0)
    return allowed(f"process {pid} could be ended")


PROBE = Probe(
    id="signal-others",
    theme="identity",
    title="end other programs",
    origin="I4, I7",
    control="namespaces",
    layers=EVERYONE,
    by_itself=True,  # attempts beside it may lead sessions of their own
    act=act,
)
