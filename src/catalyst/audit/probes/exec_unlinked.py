"""ultralytics' miner was a running process without a file: written, unlinked, and run by its descriptor."""

import os

from catalyst.audit.inside.acts.files import NEW, unique
from catalyst.audit.inside.acts.programs import program, start
from catalyst.audit.inside.probe import CONTAINERS, FROM_HIGH, GUARD, Answer, Context, Probe, allowed


def act(context: Context) -> Answer:
    """The file has no name any more when it is started."""
    source, argv = program()
    path = unique(context.scratch)
    try:
        with os.fdopen(os.open(path, NEW, 0o700), "wb") as copy:
            copy.write(source.read_bytes())
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    finally:
        path.unlink()
    start(f"/proc/self/fd/{descriptor}", argv, (descriptor,))
    return allowed("a program whose file was removed before ran")


PROBE = Probe(
    id="exec-unlinked",
    theme="execute",
    title="run a program whose file it has removed",
    origin="I3",
    control="execution",
    layers=(*CONTAINERS, GUARD),
    also=("scratch",),
    levels=FROM_HIGH,
    act=act,
)
