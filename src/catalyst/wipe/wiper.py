"""The wiper: overwrite what files hold, then remove them, and touch nothing else whatever lies in the tree.

A tree that a workload wrote is a trap: links, hard links to files of the host, pipes, a sparse file of 3 TiB, folders
4,000 deep, names that are not UTF-8. So every step is openat2(2) from an open folder and follows nothing (a plain
os.walk wiper damaged a foreign file in 25 % of rounds under a rename race), only regular files with one name are
opened, only their data is written, and every walk has an end. What runs in the tree must have been ended before.
"""

import errno
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress

from catalyst.guard import syscalls
from catalyst.guard.record import Record
from catalyst.wipe.outcome import Outcome
from catalyst.wipe.overwrite import Unfinished, overwrite
from catalyst.wipe.roots import FOLDER, Root

FILE = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
OPEN_FOLDERS = 24  # held open at once; what lies deeper is moved up first, so that no depth is too deep
ROUNDS = 3  # a folder is listed again where something was added meanwhile


class Budget(Record):
    """What one wiping may use: bytes written, seconds, entries looked at. Reaching one ends it, and the rest stays."""

    bytes: int = 1 << 50
    seconds: float = 1e9
    entries: int = 1 << 40


class _Folder:
    """An open folder of the walk. `name` is its name in `parent`, `path` is for reports, `names` what is still to do."""

    def __init__(self, descriptor: int, parent: "_Folder | None" = None, name: bytes = b"", path: bytes = b"") -> None:
        self.descriptor, self.parent, self.name, self.path = descriptor, parent, name, path
        self.names: list[bytes] = []
        self.rounds = 0
        self.kept = set[bytes]()  # names in it that could not be removed, so it stays too


class Wiper:
    """Wipes roots within one budget. `stop` is asked all the time; `tell` gets the outcome after every file."""

    def __init__(
        self, budget: Budget, *, stop: Callable[[], bool] = lambda: False, tell: Callable[[Outcome], None] = lambda _: None
    ) -> None:
        self._budget, self._stop, self._tell = budget, stop, tell
        self._end = time.monotonic() + budget.seconds
        self._bytes = self._entries = 0
        self.spent = ""  # why it ended before it was done

    def wipe(self, root: Root) -> Outcome:
        """Empty the folder, or remove the file, durably. What the file system refused is in the outcome, never raised."""
        out = self._out = Outcome()
        top = _Folder(root.folder)
        self._open = [top]
        self._deep: list[tuple[bytes, bytes]] = []  # set aside: name there, path where it was
        top.names = [root.name] if root.name else self._listed(top)
        top.rounds = ROUNDS if root.name else 1
        self._aside = self._make_aside(top)
        try:
            while self._open and not self.over():
                self._step(top)
        except Unfinished:
            self.over()
        finally:
            self._close(top)
        if self.spent:
            self._leave(top, b"", b"", self.spent)
        with suppress(OSError):
            os.fsync(root.folder)
        return out

    def _make_aside(self, top: _Folder) -> _Folder | None:
        """A folder in the root that only we may enter. What is to be written is moved there first: nobody but a process of
        our own user can then exchange it (tests/attacks/test_wipe_races.py). None on a full disk, which must not stop us."""
        name = b".wiping-" + os.urandom(8).hex().encode()
        with suppress(OSError):
            os.mkdir(name, 0o700, dir_fd=top.descriptor)
            top.kept.add(name)
            return _Folder(syscalls.openat2(top.descriptor, name, FOLDER, syscalls.INSIDE), top, name)
        return None

    def _step(self, top: _Folder) -> None:
        """One entry of the deepest open folder, or up again where it has none left."""
        here = self._open[-1]
        if here.names:
            self._entry(here, here.names.pop())
        elif here is top and self._deep and self._aside:
            name, path = self._deep.pop()
            self._into(self._aside, name, path)
        elif here.rounds < ROUNDS and (more := self._listed(here)):
            here.rounds += 1
            here.names = more
        else:
            self._up()

    def over(self) -> bool:
        """A limit is reached, or somebody asked to stop; says which."""
        if not self.spent:
            if self._stop():
                self.spent = "it was asked to stop"
            elif time.monotonic() >= self._end:
                self.spent = f"the limit of {self._budget.seconds:g} s was reached"
            elif self._bytes >= self._budget.bytes:
                self.spent = f"the limit of {self._budget.bytes} bytes was reached"
            elif self._entries >= self._budget.entries:
                self.spent = f"the limit of {self._budget.entries} entries was reached"
        return bool(self.spent)

    def _listed(self, here: _Folder) -> list[bytes]:
        try:
            names = map(os.fsencode, os.listdir(here.descriptor))  # noqa: PTH208 -- of a descriptor
            return [name for name in names if name not in here.kept]
        except OSError as error:
            self._leave(here, b"", here.path, _words(error))
            return []

    def _entry(self, here: _Folder, name: bytes) -> None:
        path = here.path + b"/" + name
        self._entries += 1
        try:
            found = os.stat(name, dir_fd=here.descriptor, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                self._down(here, name, path)
            elif stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
                self._file(here, name, path)
            else:
                self._only_unlink(here, name, path, _kind(found))
        except FileNotFoundError:
            pass
        except OSError as error:
            self._leave(here, name, path, _words(error))
        self._tell(self._out)

    def _leave(self, here: _Folder, name: bytes, path: bytes, why: str) -> None:
        here.kept.add(name)
        self._out.leave(path, why)

    def _file(self, here: _Folder, name: bytes, path: bytes) -> None:
        """Give it a random name of the same length, aside, then overwrite it there, then remove it."""
        where, called = self._set_aside(here, name)
        try:
            descriptor = self._opened(where, called, FILE)
        except OSError as error:
            self._only_unlink(where, called, path, f"cannot be written: {_words(error)}", failed=True)
            return
        try:
            if (why := _not_ours(descriptor, where, called)) is not None:
                self._only_unlink(where, called, path, why)
                return
            written = overwrite(descriptor, os.fstat(descriptor).st_size, self._wrote)
        except OSError as error:
            self._only_unlink(where, called, path, f"cannot be overwritten: {_words(error)}", failed=True)
            return
        except Unfinished:
            with suppress(OSError):
                syscalls.rename_new(where.descriptor, called, here.descriptor, name)
            raise
        finally:
            os.close(descriptor)
        os.unlink(called, dir_fd=where.descriptor)
        self._out.overwrote(written)

    def _set_aside(self, here: _Folder, name: bytes) -> tuple[_Folder, bytes]:
        """Where it is now, and its name there. Where it cannot be moved (another quota, a full disk) it is renamed only."""
        called = _random_name(len(name))
        for where in (self._aside or here, here):
            try:
                syscalls.rename_new(here.descriptor, name, where.descriptor, called)
            except OSError as error:
                if error.errno == errno.EBUSY:
                    raise OSError(errno.EXDEV, "a mount point") from error
                if error.errno not in {errno.EEXIST, errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.ENOSPC, errno.EDQUOT}:
                    raise
            else:
                return where, called
        return here, name

    def _wrote(self, count: int) -> None:
        self._bytes += count
        if self._entries < self._budget.entries and self.over():
            raise Unfinished

    def _opened(self, here: _Folder, name: bytes, flags: int) -> int:
        """Open it, made usable for its owner where its mode is in the way."""
        try:
            return syscalls.openat2(here.descriptor, name, flags, syscalls.INSIDE)
        except PermissionError:
            held = syscalls.openat2(here.descriptor, name, os.O_PATH | os.O_NOFOLLOW, syscalls.INSIDE)
        try:
            found = os.fstat(held)
            ours = stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1)
            if ours:
                os.chmod(f"/proc/self/fd/{held}", 0o700)  # noqa: PTH101 -- the name of a descriptor, not a path
        finally:
            os.close(held)
        return syscalls.openat2(here.descriptor, name, flags, syscalls.INSIDE)

    def _down(self, here: _Folder, name: bytes, path: bytes) -> None:
        """Go on in the folder; one that lies too deep is moved to the root, and waits there."""
        if len(self._open) < OPEN_FOLDERS:
            self._into(here, name, path)
            return
        if self._aside is None:
            raise OSError(errno.ENOSPC, "too deep, and no room to move it up")
        risen = os.urandom(16).hex().encode()
        syscalls.rename_new(here.descriptor, name, self._aside.descriptor, risen)
        self._deep.append((risen, path[-4096:]))

    def _into(self, here: _Folder, name: bytes, path: bytes) -> None:
        try:
            descriptor = self._opened(here, name, FOLDER)
        except OSError as error:
            self._leave(here, name, path, _words(error))
            return
        if os.fstat(descriptor).st_mode & 0o700 != 0o700:
            with suppress(OSError):
                os.fchmod(descriptor, 0o700)
        folder = _Folder(descriptor, here, name, path)
        folder.names = self._listed(folder)
        folder.rounds = 1
        self._open.append(folder)

    def _up(self) -> None:
        """Leave the deepest folder and remove it, unless it is the root."""
        done = self._open.pop()
        if not self._open:
            return
        os.close(done.descriptor)
        parent = done.parent or done
        if done.kept:  # what is left in it has been named
            parent.kept.add(done.name)
            return
        try:
            self._remove_folder(parent, done.name)
            self._out.folders += 1
        except OSError as error:
            self._leave(parent, done.name, done.path, _words(error))

    def _only_unlink(self, here: _Folder, name: bytes, path: bytes, why: str, *, failed: bool = False) -> None:
        os.unlink(name, dir_fd=here.descriptor)
        self._out.unlinked_only(path, why, failed=failed)

    def _remove_folder(self, parent: _Folder, name: bytes) -> None:
        """Under a random name of the same length, so that its own is written over where it stands."""
        other = _random_name(len(name))
        try:
            syscalls.rename_new(parent.descriptor, name, parent.descriptor, other)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.EINVAL, errno.ENOSYS, errno.ENOSPC, errno.EDQUOT}:
                raise
            other = name
        try:
            os.rmdir(other, dir_fd=parent.descriptor)
        except OSError:
            with suppress(OSError):
                syscalls.rename_new(parent.descriptor, other, parent.descriptor, name)
            raise

    def _close(self, top: _Folder) -> None:
        if self._aside:
            self._open.append(self._aside)
            with suppress(OSError):
                os.rmdir(self._aside.name, dir_fd=top.descriptor)
        for folder in self._open:
            if folder is not top:
                os.close(folder.descriptor)


_LETTERS = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _random_name(length: int) -> bytes:
    return bytes(_LETTERS[byte % len(_LETTERS)] for byte in os.urandom(length))


def _not_ours(descriptor: int, where: _Folder, name: bytes) -> str | None:
    """Why this open file is not written, None where the name it was opened by is its only one.

    A count of 1 alone proves nothing: opened as a second name of a host's file, it is 1 too once that name has been
    replaced by another file. So the name must lead to it, and its count must not have changed meanwhile (ctime).
    """
    before = os.fstat(descriptor)
    named = os.stat(name, dir_fd=where.descriptor, follow_symlinks=False)
    after = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode) or before.st_nlink != 1:
        return _kind(before)
    if (named.st_dev, named.st_ino, named.st_ctime_ns) != (before.st_dev, before.st_ino, after.st_ctime_ns):
        return "it was exchanged while it was opened"
    return None


def _kind(found: os.stat_result) -> str:
    """Why this entry is never opened."""
    kinds = {stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device",
             stat.S_IFBLK: "a device"}  # fmt: skip
    return kinds.get(stat.S_IFMT(found.st_mode), "it has more than one name, and another may be a file of the host")


def _words(error: OSError) -> str:
    if error.errno == errno.EXDEV:
        return "a mount point"
    return (error.strerror or str(error)).rpartition(": ")[2].lower()
