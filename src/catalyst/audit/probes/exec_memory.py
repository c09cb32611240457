"""A program without a file, as GHOST starts its miner: memfd_create(2), then exec through /proc/self/fd.

Neither noexec nor Landlock sees it, so from `high` on a memfd must be made unable to run (MFD_NOEXEC_SEAL), unless a
GPU is asked for, whose driver makes others.
"""

import os

from catalyst.audit.inside.acts.programs import program, start
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Answer, Context, Probe, allowed


def act(_: Context) -> Answer:
    """Copy a harmless program into memory and run it."""
    source, argv = program()
    descriptor = os.memfd_create("catalyst-probe", 0)
    os.write(descriptor, source.read_bytes())
    start(f"/proc/self/fd/{descriptor}", argv, (descriptor,))
    return allowed("a program without a file ran")


PROBE = Probe(
    id="exec-memory",
    theme="execute",
    title="run a program that never was a file (memfd)",
    origin="I7",
    control="system-calls",
    layers=EVERYONE,
    levels=FROM_HIGH,
    act=act,
)
