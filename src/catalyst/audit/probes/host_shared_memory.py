"""Programs of the desktop share pictures by it."""

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, unknown


def act(context: Context) -> Answer:
    """Looked up, not attached."""
    key = context.bait.get("shm")
    if not key:
        return unknown("no bait was laid")
    return permitted("opening the host's shared memory", lambda: call("shmget", int(key), 0, 0))


PROBE = Probe(
    id="host-shared-memory",
    theme="kernel",
    title="reach the host's System V shared memory",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    act=act,
    also=("system-calls",),
)
