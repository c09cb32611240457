"""A negative nice value takes the processor from the host's other programs (setpriority(2)); in this short-lived child."""

import os

from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed


def act(_: Context) -> Answer:
    """One step up."""
    os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) - 1)
    return allowed("it could raise its priority")


PROBE = Probe(
    id="priority",
    theme="machine",
    title="take the processor from other programs (nice)",
    origin="I7",
    control="capabilities",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=act,
)
