"""The folder of models: what lies there, a staging folder in it, and how a file gets its final name.

The workload may write these folders at `normal`, also while this runs, and root may be the one who fetches. So nothing below
the models folder is reached by a path: folders are held open, links never followed, and a name that is taken stays taken.
"""

import errno
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from catalyst.errors import ModelsUnusable
from catalyst.guard import syscalls
from catalyst.models.fetch import lock

STAGING = ".fetch"
STALE = 14 * 86400.0  # s after which a part that nobody goes on with is thrown away
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CHUNK = 1 << 20


class Shelf:
    """The models folder `path`, held open. New folders belong to `owner` where we are root."""

    def __init__(self, path: Path, owner: tuple[int, int]) -> None:
        self.path, self._owner = path, owner
        try:
            # A link there is root's own or the user's (Store.prepare); below it none is followed.
            self._models = os.open(path, _FOLDER & ~os.O_NOFOLLOW)
            self.staging = self._make(STAGING)
        except OSError as error:
            raise ModelsUnusable(str(path), (error.strerror or "").lower()) from error

    def close(self) -> None:
        """Let go."""
        os.close(self.staging)
        os.close(self._models)

    def identity(self) -> tuple[int, int]:
        """Device and inode of the staging folder."""
        found = os.fstat(self.staging)
        return found.st_dev, found.st_ino

    def _make(self, name: str) -> int:
        """A folder below the models folder, made if it is missing. Raises OSError; ELOOP or ENOTDIR for a link."""
        with suppress(FileExistsError):
            os.mkdir(name, 0o700 if name == STAGING else 0o755, dir_fd=self._models)
            made = os.open(name, _FOLDER, dir_fd=self._models)
            try:
                if os.geteuid() == 0:
                    os.fchown(made, *self._owner)
            finally:
                os.close(made)
        return os.open(name, _FOLDER, dir_fd=self._models)

    def sweep(self) -> None:
        """Throw away what an earlier fetch left in the staging folder and nobody came back for, and what is none of ours."""
        for name in os.listdir(self.staging):  # noqa: PTH208 -- names, of a folder held open
            with suppress(OSError):
                found = os.stat(name, dir_fd=self.staging, follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    self._empty(name)
                elif not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_mtime < time.time() - STALE:
                    os.unlink(name, dir_fd=self.staging)

    def _empty(self, name: str) -> None:
        """Remove a folder of the staging folder with all that it holds. It may be deep, or closed to its owner: what lies
        deeper is moved up first, and nothing is reached by a path. Raises OSError."""
        waiting = [name]
        while waiting:
            upper = waiting.pop()
            inside = _opened(upper, self.staging)
            try:
                for one in os.listdir(inside):  # noqa: PTH208 -- names, of a folder held open
                    try:
                        os.unlink(one, dir_fd=inside)
                    except IsADirectoryError:
                        os.close(_opened(one, inside))  # one that may not be written cannot be moved
                        waiting.append(f"risen-{os.urandom(8).hex()}")
                        os.rename(one, waiting[-1], src_dir_fd=inside, dst_dir_fd=self.staging)
            finally:
                os.close(inside)
            os.rmdir(upper, dir_fd=self.staging)

    def drop(self, name: str) -> None:
        """Remove a file of the staging folder, if it is there."""
        with suppress(OSError):
            os.unlink(name, dir_fd=self.staging)

    def room(self) -> int:
        """Bytes that a user may still write there."""
        found = os.fstatvfs(self.staging)
        return found.f_bavail * found.f_frsize

    def staged(self, name: str) -> int:
        """Bytes of a file in the staging folder; 0 where there is none."""
        try:
            found = os.stat(name, dir_fd=self.staging, follow_symlinks=False)
        except OSError:
            return 0
        return found.st_size if stat.S_ISREG(found.st_mode) else 0

    @contextmanager
    def open(self, path: str) -> Iterator[int | None]:
        """A regular file at `FOLDER/NAME`; None where nothing has that name. Raises ModelsUnusable for anything else."""
        folder, _, name = path.rpartition("/")
        try:
            above = os.open(folder, _FOLDER, dir_fd=self._models) if folder else os.dup(self._models)
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            raise self._unusable(folder, error) from error
        try:
            found = _regular(name, above)
        except OSError as error:
            raise self._unusable(path, error) from error
        finally:
            os.close(above)
        try:
            yield found
        finally:
            if found is not None:
                os.close(found)

    def place(self, staged: str, path: str) -> bool:
        """Give a file of the staging folder its final name; False, with nothing changed, where that is taken.

        Raises ModelsUnusable.
        """
        folder, _, name = path.partition("/")
        try:
            into = self._make(folder)
        except OSError as error:
            raise self._unusable(folder, error) from error
        try:
            _readable(self.staging, staged)
            _move(self.staging, staged, into, name)
            os.fsync(into)
        except FileExistsError:
            return False
        except OSError as error:
            raise self._unusable(path, error) from error
        finally:
            os.close(into)
        return True

    def _unusable(self, path: str, error: OSError) -> ModelsUnusable:
        why = (error.strerror or "").lower()
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            why = "it is a link or no folder, and nothing behind a link is shown to the workload"
        if error.errno == errno.EXDEV:
            why = "it is another file system than the folder of models, so nothing can be moved there in one step"
        return ModelsUnusable(f"{self.path}/{path}", why)


def _opened(name: str, above: int) -> int:
    """A folder, no link, that its owner may use from now on."""
    held = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
    try:
        Path(f"/proc/self/fd/{held}").chmod(0o700)
        return os.open(f"/proc/self/fd/{held}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    finally:
        os.close(held)


def _regular(name: str, above: int) -> int | None:
    try:
        found = os.open(name, _FILE, dir_fd=above)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise OSError(errno.EEXIST, "it is no regular file")
    return found


def _readable(above: int, name: str) -> None:
    """As a file that its owner downloaded by himself."""
    file = os.open(name, _FILE, dir_fd=above)
    try:
        os.fchmod(file, 0o644)
    finally:
        os.close(file)


def _move(above: int, old: str, into: int, new: str) -> None:
    """Rename without replacing; by a second name where the file system cannot. Raises OSError."""
    try:
        syscalls.rename_new(above, os.fsencode(old), into, os.fsencode(new))
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOSYS}:
            raise
        os.link(old, new, src_dir_fd=above, dst_dir_fd=into, follow_symlinks=False)
        os.unlink(old, dir_fd=above)


def digest(file: int) -> str:
    """The sha256 of an open file, from its start."""
    found = hashlib.sha256()
    at = 0
    while data := os.pread(file, CHUNK, at):
        found.update(data)
        at += len(data)
    return found.hexdigest()


class Seen:
    """What files hashed to when they were last read, and what was refused, kept where no sandbox sees it.

    A file with the same inode, size and change time has the same content: only root can set a change time (inode(7)).
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            found = json.loads(file.read_text(encoding="utf-8"))
            self._known = found if isinstance(found, dict) else {}

    def digest(self, path: str, file: int) -> str:
        """The sha256 of the open file at `path`; read unless it is known."""
        known = self._known.get(path)
        if isinstance(known, list) and known[1:] == _state(file) and isinstance(known[0], str):
            return known[0]
        before, found = _state(file), digest(file)
        if _state(file) == before:
            self.know(path, file, found)
        return found

    def know(self, path: str, file: int, sha256: str) -> None:
        """The open file at `path` was read and hashed to that."""
        self._note(path, [sha256, *_state(file)])

    def refused(self, sha256: str, *, strict: bool) -> tuple[int, str]:
        """Severity and reason for which a file of that hash was refused; 0 and empty where it was not."""
        known = self._known.get(f"{sha256}:{strict}")
        if not sha256 or not isinstance(known, list) or len(known) != 2:
            return 0, ""
        return int(known[0]), str(known[1])

    def refuse(self, sha256: str, worst: int, why: str, *, strict: bool) -> None:
        """Remember it, so that it is not fetched again at every start. `strict`: from `high` on."""
        self._note(f"{sha256}:{strict}", [worst, why])

    def _note(self, key: str, value: list[Any]) -> None:
        self._known[key] = value
        with suppress(OSError):
            lock.replace(self._file, json.dumps(self._known))


def _state(file: int) -> list[int]:
    found = os.fstat(file)
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]
