"""GHOST left containers by `nsenter -t 1`. The child that joins ends right after."""

import os
from functools import partial

from catalyst.audit.inside.acts.kernel import CLONE_NEWNS, permitted
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """Its mount namespace: the host's files."""
    descriptor = os.open("/proc/1/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    return permitted("entering pid 1's mount namespace", partial(call, "setns", descriptor, CLONE_NEWNS))


PROBE = Probe(
    id="enter-first-process",
    theme="kernel",
    title="enter the first process's namespaces (nsenter -t 1)",
    origin="I7",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    also=("namespaces", "capabilities", "identity"),
    needs_root=True,
)
