"""A script names its interpreter in its first line (execve(2)): the kernel asks for the right to run the script too."""

from catalyst.audit.inside.acts.programs import run_copy
from catalyst.audit.inside.probe import CONTAINERS, FROM_HIGH, GUARD, Answer, Context, Probe


def act(context: Context) -> Answer:
    """A script of the shell that does nothing."""
    return run_copy(context.scratch, b"#!/bin/sh\nexit 0\n", ["script"])


PROBE = Probe(
    id="exec-script",
    theme="execute",
    title="run a script it has written to the temporary folder",
    origin="I7",
    control="execution",
    layers=(*CONTAINERS, GUARD),
    also=("scratch",),
    levels=FROM_HIGH,
    act=act,
)
