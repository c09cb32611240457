"""Folders for temporary files are in memory; without a limit of their own they could be filled until the host swaps."""

import os
from functools import partial
from pathlib import Path

from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, allowed, denied, first_allowed

MOST = 8 << 30  # what the widest level gives each


def act(context: Context) -> Answer:
    """By the size the file system says it has; nothing is written."""
    return first_allowed([partial(_size, path) for path in (context.scratch, Path("/tmp"), Path("/dev/shm"))], "")


def _size(path: Path) -> Answer:
    found = os.statvfs(path)
    size = found.f_blocks * found.f_frsize
    if not found.f_blocks or size > MOST:
        return allowed(f"{path} can take {size >> 20 or 'any number of'} MiB")
    return denied(f"{path} takes no more than {size >> 20} MiB")


PROBE = Probe(
    id="fill-memory-disk",
    theme="write",
    title="fill the host's memory or disk with temporary files",
    origin="general",
    control="scratch",
    layers=ENGINES,
    act=act,
)
