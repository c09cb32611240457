"""Put a mended file in the place of the old one: at once or not at all, with its owner, mode and labels.

A link is not followed, and a file of somebody else, or one with two names, is left alone.
"""

import contextlib
import os
import secrets
import stat
from pathlib import Path

from catalyst.errors import NotWritten

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write(name: str, before: bytes, after: bytes) -> None:
    """Raises NotWritten; the file is then as it was."""
    path = Path(name)
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _exchange(folder, path.name, name, before, after)
        finally:
            os.close(folder)
    except OSError as error:
        why = "it is a link" if path.is_symlink() else (error.strerror or str(error)).lower()
        raise NotWritten(name, why) from error


def _exchange(folder: int, base: str, name: str, before: bytes, after: bytes) -> None:
    held = os.open(base, _READ, dir_fd=folder)
    new = f".{base}.{secrets.token_hex(8)}"
    try:
        status = os.fstat(held)
        _may(name, status)
        made = os.open(new, _MAKE, 0o600, dir_fd=folder)
        try:
            _fill(made, held, status, after)
        finally:
            os.close(made)
        if _content(held) != before or not os.path.samestat(os.stat(base, dir_fd=folder, follow_symlinks=False), status):
            raise NotWritten(name, "it was changed while it was looked at")
        os.rename(new, base, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    finally:
        os.close(held)
        _forget(new, folder)


def _may(name: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotWritten(name, "it is no regular file")
    if status.st_uid != os.geteuid():
        raise NotWritten(name, f"it belongs to another user, {status.st_uid}")
    if status.st_nlink != 1:
        raise NotWritten(name, "it has a second name, which would keep the old content")


def _fill(made: int, held: int, status: os.stat_result, after: bytes) -> None:
    """Content, group, labels and, last, the mode: until then nobody else reads it."""
    rest = memoryview(after)
    while rest:
        rest = rest[os.write(made, rest) :]
    if status.st_gid != os.fstat(made).st_gid:
        os.chown(made, -1, status.st_gid)
    for label in os.listxattr(held):
        os.setxattr(made, label, os.getxattr(held, label))
    os.chmod(made, stat.S_IMODE(status.st_mode))
    os.fsync(made)


def _content(held: int) -> bytes:
    size = os.fstat(held).st_size
    return os.pread(held, size + 1, 0)


def _forget(new: str, folder: int) -> None:
    """What was made and did not come into place."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(new, dir_fd=folder)
