"""/dev/shm is memory that every user may write; containers mount it noexec, bubblewrap cannot."""

from pathlib import Path

from catalyst.audit.inside.acts.programs import run_from
from catalyst.audit.inside.probe import CONTAINERS, FROM_HIGH, GUARD, Answer, Context, Probe


def act(_: Context) -> Answer:
    """In shared memory."""
    return run_from(Path("/dev/shm"))


PROBE = Probe(
    id="exec-shm",
    theme="execute",
    title="run a program it has written to shared memory",
    origin="I3",
    control="execution",
    layers=(*CONTAINERS, GUARD),
    also=("scratch",),
    levels=FROM_HIGH,
    kept_by={"podman": "its /dev/shm is mounted noexec whatever it is told"},
    act=act,
)
