"""Where Catalyst may make a folder of its own: nobody else can change it, and it lies in memory where that is wanted."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from catalyst.errors import CatalystError
from catalyst.settings import environment
from catalyst.wipe import filesystem


def in_memory(folder: Path) -> bool:
    """It lies, or will lie, on a file system that has no disk."""
    there = next(one for one in (folder, *folder.parents) if one.is_dir())
    descriptor = os.open(there, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return filesystem.of(descriptor).kind in filesystem.IN_MEMORY
    finally:
        os.close(descriptor)


def memory() -> Path | None:
    """A folder of a file system that has no disk, where we may make one; None where there is none."""
    for folder in (ground("XDG_RUNTIME_DIR"), Path("/dev/shm")):
        if folder.is_dir() and in_memory(folder):
            return folder
    return None


def ground(*variables: str, instead: Path | None = None) -> Path:
    """The first folder these variables name that nobody but this user and root can change, else /tmp; `instead` where that
    is read-only, as in a container with --read-only.

    `su` and `sudo -E` hand on the variables of another user. In his folder he could put another plan, which root's guard
    would obey (tests/attacks/test_borrowed_folder.py).
    """
    found = environment(*variables)
    named = (Path(found[name]) for name in variables if found.get(name))
    last = Path("/tmp") if not instead or os.access("/tmp", os.W_OK | os.X_OK) else instead
    return next((path for path in named if path.is_absolute() and _only_ours(path)), last)


def _only_ours(path: Path) -> bool:
    with suppress(OSError):
        for step in (real := path.resolve(strict=True), *real.parents):
            mode, owner = step.stat().st_mode, step.stat().st_uid
            if owner not in {0, os.geteuid()} or (mode & 0o022 and not mode & stat.S_ISVTX):
                return False
        return True
    return False


def temporary(*, on_no_disk: bool = False, instead: Path | None = None) -> Path:
    """A fresh folder that only the caller may enter, for one command's session; `on_no_disk`: if there is such; `instead`
    as for `ground`."""
    above = (memory() if on_no_disk else None) or ground("XDG_RUNTIME_DIR", "TMPDIR", instead=instead)
    folder = above / f"catalyst-{os.urandom(8).hex()}"
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        why = f"cannot make {folder}: {(error.strerror or '').lower()}"
        raise CatalystError(why, "name a folder you may write: TMPDIR=$HOME catalyst run …") from error
    return folder
