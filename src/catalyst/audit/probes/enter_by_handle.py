"""setns(2) takes a pidfd: no file of /proc need be opened."""

from functools import partial

from catalyst.audit.inside.acts.kernel import CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUTS, permitted
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe

CLONE_ALL = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET


def act(_: Context) -> Answer:
    """All that a child which ends right after may join."""
    handle = call("pidfd_open", 1, 0)
    return permitted("entering pid 1's namespaces", partial(call, "setns", handle, CLONE_ALL))


PROBE = Probe(
    id="enter-by-handle",
    theme="kernel",
    title="enter the first process's namespaces by handle (pidfd)",
    origin="I7",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    also=("namespaces", "capabilities", "identity"),
    needs_root=True,
)
