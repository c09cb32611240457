"""What may be wiped: a folder or a file that somebody named, and that is nobody's home, no system and no mount.

A root is opened once, without following a link, and everything later is reached from its descriptor.
"""

import errno
import os
import pwd
import stat
from collections.abc import Iterable
from pathlib import Path

from catalyst.errors import WipeRefused, plain
from catalyst.guard import syscalls
from catalyst.guard.record import Record

# Programs, settings and the kernel's own; /dev/shm is memory that anybody may use.
SYSTEM = ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/sbin", "/sys", "/usr")
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


class Root(Record):
    """`folder` is open. `name` is the file in it that was named, empty where the folder itself was: it is emptied and kept.

    `device` and `inode` are those of what was named. `key`: it is encrypted with this one, and `name` is the folder's.
    """

    path: str
    folder: int
    name: bytes
    device: int
    inode: int
    key: str = ""


def open_root(path: str, *, within: Iterable[str] = (), home: str = "") -> Root:
    """`path` as a root. Raises WipeRefused: it is not there, a link, or may not be wiped.

    `within`: where not empty, a root must lie in one of these folders. `home`: the caller's, as $HOME names it.
    """
    named = Path(os.path.normpath(Path(path).absolute()))
    real = named.parent.resolve() / named.name  # the parents' links may be followed, its own may not
    _may_be_wiped(path, real, home)
    within = list(within)
    if within and not any(real.is_relative_to(os.path.realpath(one)) and str(real) != one for one in within):
        raise WipeRefused(path, "it lies outside of what this run made", "name a folder of the data directory")
    try:
        return _opened(real)
    except OSError as error:
        raise WipeRefused(path, *_reason(error, path)) from error


def _opened(real: Path) -> Root:
    """A mount point refuses to be opened from its parent under RESOLVE_NO_XDEV."""
    parent = syscalls.openat2(syscalls.AT_FDCWD, os.fsencode(real.parent), FOLDER, syscalls.RESOLVE_NO_SYMLINKS)
    name = os.fsencode(real.name)
    found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode):
        os.close(parent)
        raise OSError(errno.ELOOP, "a link")
    if not stat.S_ISDIR(found.st_mode):
        return Root(str(real), parent, name, found.st_dev, found.st_ino)
    try:
        folder = syscalls.openat2(parent, name, FOLDER, syscalls.INSIDE)
    finally:
        os.close(parent)
    found = os.fstat(folder)
    return Root(str(real), folder, b"", found.st_dev, found.st_ino)


def _reason(error: OSError, path: str) -> tuple[str, str]:
    match error.errno:
        case errno.EXDEV:
            return "a mount point: what is mounted there may be shared", f"name the folders in it: {plain(path)}/FOLDER"
        case errno.ELOOP:
            return "a link, and links are not followed", "name what it leads to"
        case errno.ENOSYS:
            return "this kernel has no openat2(2), without which a link could lead out", "it needs Linux 5.6 or newer"
        case _:
            return (error.strerror or str(error)).rpartition(": ")[2].lower(), "give a folder you may write"


def _may_be_wiped(path: str, real: Path, home: str) -> None:
    """Raises WipeRefused for a path whose loss is more than anybody means who types it."""
    if len(real.parts) <= 2:
        raise WipeRefused(path, "a folder of the root directory is never wiped", "name a folder below it")
    if any(real.is_relative_to(one) for one in SYSTEM) and not (len(real.parts) > 3 and real.is_relative_to("/dev/shm")):
        raise WipeRefused(path, "it belongs to the system", "name a folder of the data directory")
    for one in {home, *(entry.pw_dir for entry in pwd.getpwall())} - {"", "/"}:
        if Path(os.path.realpath(one)).is_relative_to(real):
            raise WipeRefused(path, f"it holds a home, {plain(one)}", "name a folder in it")
    if Path(__file__).resolve().is_relative_to(real):
        raise WipeRefused(path, "Catalyst itself lies in it", "name a folder in it")
