"""Browsers and databases share memory by it."""

import os

from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, allowed, unknown


def act(context: Context) -> Answer:
    """Opened and closed."""
    name = context.bait.get("posix_shm")
    if not name:
        return unknown("no bait was laid")
    os.close(os.open(f"/dev/shm/{name}", os.O_RDONLY | os.O_CLOEXEC))
    return allowed("the host's shared memory can be opened")


PROBE = Probe(
    id="host-posix-memory",
    theme="kernel",
    title="reach the host's shared memory in /dev/shm",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    act=act,
)
