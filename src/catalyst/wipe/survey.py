"""What lies in a root, without changing any of it: for `--dry-run`, for the question, and for progress."""

import os
import stat
import time
from contextlib import suppress

from catalyst.guard import syscalls
from catalyst.guard.record import Record
from catalyst.wipe.roots import FOLDER, Root

WITHIN = 20.0  # s; a tree that is larger is described as far as that goes
STEP = 4000  # bytes of a relative path that openat2 takes at once (PATH_MAX is 4096)


class Survey(Record):
    """`files` with one name and the `bytes` of disk they use, `folders`, `others` that would only be unlinked.

    `whole`: everything was seen.
    """

    files: int
    bytes: int
    folders: int
    others: int
    whole: bool


def survey(root: Root, within: float = WITHIN) -> Survey:
    """Count, for `within` seconds at most. What cannot be looked at is left out and makes the survey not whole."""
    end = time.monotonic() + within
    found = [0, 0, 0, 0]
    whole = True
    waiting: list[tuple[bytes, ...]] = [] if root.name else [()]
    if root.name:
        _count(found, os.stat(root.name, dir_fd=root.folder, follow_symlinks=False))
    while waiting and time.monotonic() < end:
        parts = waiting.pop()
        try:
            folder = _reached(root.folder, parts)
        except OSError:
            whole = False
            continue
        try:
            for name in os.listdir(folder):  # noqa: PTH208 -- of a descriptor
                with suppress(OSError):
                    one = os.stat(name, dir_fd=folder, follow_symlinks=False)
                    _count(found, one)
                    if stat.S_ISDIR(one.st_mode):
                        waiting.append((*parts, os.fsencode(name)))
        finally:
            os.close(folder)
    return Survey(found[0], found[1], found[2], found[3], whole and not waiting)


def _count(found: list[int], one: os.stat_result) -> None:
    if stat.S_ISDIR(one.st_mode):
        found[2] += 1
    elif stat.S_ISREG(one.st_mode) and one.st_nlink == 1:
        found[0] += 1
        found[1] += one.st_blocks * 512
    else:
        found[3] += 1


def _reached(root: int, parts: tuple[bytes, ...]) -> int:
    """The folder at `parts`, a stretch of the way at a time."""
    here = syscalls.openat2(root, b".", FOLDER, syscalls.INSIDE)
    stretch = b""
    for part in (*parts, None):
        if stretch and (part is None or len(stretch) + len(part) > STEP):
            try:
                deeper = syscalls.openat2(here, stretch, FOLDER, syscalls.INSIDE)
            finally:
                os.close(here)
            here, stretch = deeper, b""
        if part is not None:
            stretch += (b"/" if stretch else b"") + part
    return here
