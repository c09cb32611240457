"""What every miner seen did: write a program to /tmp, make it executable, start it, unlink it.

bubblewrap cannot mount noexec, so under it the guard alone holds this.
"""

from catalyst.audit.inside.acts.programs import run_from
from catalyst.audit.inside.probe import CONTAINERS, FROM_HIGH, GUARD, Answer, Context, Probe


def act(context: Context) -> Answer:
    """In the folder for temporary files."""
    return run_from(context.scratch)


PROBE = Probe(
    id="exec-scratch",
    theme="execute",
    title="run a program it has written to the temporary folder",
    origin="I3",
    control="execution",
    layers=(*CONTAINERS, GUARD),
    also=("scratch",),
    levels=FROM_HIGH,
    act=act,
)
