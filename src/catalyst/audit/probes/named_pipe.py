"""mknod(2) makes device nodes as well."""

import os

from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, met


def act(context: Context) -> Answer:
    """In the scratch folder, and gone again."""
    path = context.scratch / f"pipe-{os.getpid()}"
    try:
        os.mkfifo(path, 0o600)
    except OSError as error:
        return met(error, "making a named pipe")
    path.unlink()
    return allowed("a named pipe could be made")


PROBE = Probe(
    id="named-pipe",
    theme="kernel",
    title="make a named pipe (mknod)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    levels=("maximum",),
)
