"""What Catalyst keeps about an instance, in a folder that no sandbox ever sees (but for the door in it).

For a user that is DATA/.catalyst. For root it is below /run: a data directory often belongs to somebody else, who
could put links in root's way.

The lock is held by the running `up` for its whole life, so a record without a lock is what a crash left.
"""

import errno
import fcntl
import os
import stat
import struct
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from catalyst.errors import AlreadyRunning, CatalystError, PathRefused, pasted, plain
from catalyst.guard.record import Record
from catalyst.instance import ground
from catalyst.instance.ground import in_memory
from catalyst.policy.model import Place

NUMBERS = {"pid", "first", "first_started"}
ELSEWHERE = -1
INSIDE = "container"  # the engine of an instance that runs in the container it was started in
FLOCK = "hhqqi"  # struct flock: type, whence, start, length, pid
ROOTS = Path("/run/catalyst")
ROOTS_KEPT = Path("/var/lib/catalyst-instances")


class Entry(Record):
    """What `status` and `down` need to know. `state` is preparing, starting, ready or stopping.

    `first` is the sandbox's PID 1 on the host with its start time in clock ticks (proc_pid_stat(5), field 22), 0 where
    it is not known: a number that was used again has another start time.
    """

    id: str
    engine: str
    app: str
    pid: int
    url: str
    level: str
    network: str
    state: str
    log: str
    first: int = 0
    first_started: int = 0
    session: str = ""


class Store:
    """The folder of one data directory's instance."""

    def __init__(self, data: str) -> None:
        self.data = Path(data)
        self._lock: int | None = None
        self._session: Path | None = None

    @cached_property
    def folder(self) -> Path:
        """Where all of it lies."""
        return ROOTS / self.id if os.geteuid() == 0 else self.data / ".catalyst"

    @cached_property
    def kept(self) -> Path:
        """What outlives a reboot: who may log in. Closed to everybody else, and shown to no sandbox."""
        return ROOTS_KEPT / self.id if os.geteuid() == 0 else self.folder

    def make_kept(self) -> Path:
        """`kept`, made if it is missing. Raises PathRefused."""
        try:
            self._make(self.data, 0o755)
            self._make(self.kept, 0o700)
        except (OSError, ValueError, RuntimeError) as error:
            why = (getattr(error, "strerror", None) or str(error)).lower()
            raise PathRefused("CATALYST_DATA", str(self.data), why, "give a folder you may write: --data DIR") from error
        self._ours(self.kept)
        return self.kept

    @property
    def session(self) -> Path:
        """What the sandbox is shown, and its door: where the record says, else beside the record."""
        if self._session is None:
            record = None
            with suppress(CatalystError):
                record = self.read()
            return Path(record.session) if record and record.session else self.folder / "session"
        return self._session

    def session_in_memory(self) -> None:
        """The session is to lie where no disk is, if there is such a place: the workload may write its door."""
        memory = None if in_memory(self.folder) else ground.memory()
        if memory:
            self._session = memory / f"catalyst-{os.geteuid()}-{self.id}" / "session"

    @property
    def log(self) -> Path:
        """The sandbox's output."""
        return self.folder / "log"

    @property
    def visits(self) -> Path:
        """The gateway's log: who asked for what."""
        return self.folder / "visits.log"

    @property
    def _record(self) -> Path:
        return self.folder / "instance.json"

    @property
    def id(self) -> str:
        """The same for the same directory, so that what a crash left can be found by name."""
        from hashlib import sha256

        return sha256(os.fsencode(os.path.realpath(self.data))).hexdigest()[:12]

    def prepare(self, owner: tuple[int, int], *, instance: bool = True) -> None:
        """Make the places that are missing; new ones belong to `owner` if we are root. `instance`: make the folder of an
        instance too; a single command needs none. Raises PathRefused."""
        try:
            self._make(self.data, 0o755)
            if instance:
                self._make(self.folder, 0o700)
                self._ours(self.folder)
            for place in Place:
                self._make(self.data / place.value, 0o700, owner)
        except (OSError, ValueError, RuntimeError) as error:
            why = (getattr(error, "strerror", None) or str(error)).lower()
            raise PathRefused("CATALYST_DATA", str(self.data), why, "give a folder you may write: --data DIR") from error

    @staticmethod
    def _make(folder: Path, mode: int, owner: tuple[int, int] | None = None) -> None:
        """Make it if it is missing. For root a link counts only if root made it: it would lead root's mounts."""
        if folder.is_symlink() and os.geteuid() == 0 and folder.lstat().st_uid != 0:
            raise OSError(errno.ELOOP, f"{plain(str(folder))} is a link that root did not make")
        if folder.is_dir():
            return
        folder.mkdir(mode=mode, parents=True)
        if owner and os.geteuid() == 0:
            try:
                os.chown(folder, *owner, follow_symlinks=False)
            except OSError:
                folder.rmdir()  # as root's it would pass for the owner's at the next start
                raise

    def must_be_ours(self) -> None:
        """Raises PathRefused unless the data directory itself belongs to this user alone.

        Where code is fetched or installed, another owner could put links in our way, and we may be root.
        """
        found = self.data.lstat()
        if found.st_uid != os.geteuid() or found.st_mode & 0o022 or not stat.S_ISDIR(found.st_mode):
            raise PathRefused("CATALYST_DATA", str(self.data), "not a folder of this user alone, so nothing is installed",
                              "run it as its owner, or name an interpreter: --python VENV/bin/python")  # fmt: skip

    def _ours(self, folder: Path) -> None:
        """Raises PathRefused unless `folder` is a folder, no link, of this user, that nobody else may write."""
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise PathRefused("CATALYST_DATA", str(self.data), f"{plain(str(folder))} is not a folder of this user alone",
                              f"look at it: ls -ld {pasted(str(folder))}")  # fmt: skip

    def lock(self) -> None:
        """Be the one instance of this directory until this process ends. Raises AlreadyRunning or PathRefused."""
        try:
            descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            why = f"cannot lock it: {(error.strerror or '').lower()}"
            raise PathRefused("CATALYST_DATA", str(self.data), why, "give a folder you may write: --data DIR") from error
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            record = self.read()
            raise AlreadyRunning(str(self.data), record.url if record else "") from None
        self._lock = descriptor

    def holder(self) -> int:
        """Pid of the `up` that runs on this directory, 0 where none does, ELSEWHERE where its pid is not ours to see (it
        runs in another container); the kernel's word, not a file's.

        A record lock, because it can be asked about without taking it, and names its holder (fcntl(2), F_GETLK). It is
        lost when its process closes the file anywhere, so the holder itself must not ask.
        """
        try:
            descriptor = os.open(self.folder / "lock", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return 0
        try:
            asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, pid = struct.unpack(FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
        finally:
            os.close(descriptor)
        if kind == fcntl.F_UNLCK:
            return 0
        return int(pid) or ELSEWHERE

    def write(self, record: Entry) -> None:
        """Replace the record in one step."""
        import json

        new = self._record.with_suffix(".new")
        new.write_text(json.dumps(vars(record), indent=1), encoding="utf-8")
        new.replace(self._record)

    def read(self) -> Entry | None:
        """The record, None where there is none. Raises CatalystError when it is damaged."""
        import json

        try:
            entry = Entry(**json.loads(self._record.read_text(encoding="utf-8")))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, RuntimeError) as error:
            if isinstance(error, RecursionError):
                raise self._damaged(error) from error
            why = (getattr(error, "strerror", None) or str(error)).lower()
            raise PathRefused("CATALYST_DATA", str(self.data), why, "run the command as the user who started it") from error
        except (ValueError, TypeError) as error:
            raise self._damaged(error) from error
        right = all(type(value) is (int if name in NUMBERS else str) for name, value in vars(entry).items())
        if not right or entry.pid < (1 if entry.engine == INSIDE else 2):
            raise self._damaged("a value is not what it must be")
        return entry

    def _damaged(self, why: object) -> CatalystError:
        return CatalystError(f"the record {plain(str(self._record))} cannot be read: {plain(str(why)).lower()}",
                             f"remove it: rm {pasted(str(self._record))}")  # fmt: skip

    @property
    def egress_log(self) -> Path:
        """The broker's log of decisions: beside the session, which is in memory where nothing is to be left behind."""
        return self.session.with_name("egress.log")

    def open_egress_log(self) -> int:
        """A descriptor that appends to it; it begins anew with each instance."""
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(self.egress_log, flags, 0o600)

    def open_session(self, files: Mapping[str, bytes], owner: tuple[int, int], *, door: bool) -> None:
        """A fresh session folder with `files`, and the door's folder for `owner`. Raises PathRefused."""
        if self._session:
            with suppress(FileExistsError):
                self._session.parent.mkdir(mode=0o700)
            self._ours(self._session.parent)
        remove_session(self.session)
        if self.session.exists():  # it cannot be emptied; it must not stop every later start
            self.session.rename(self.folder / f"session-{os.urandom(4).hex()}")
        make_session(self.session, files)
        if door:
            way_in = self.session / "door"
            way_in.mkdir(mode=0o700)
            if os.geteuid() == 0:
                os.chown(way_in, *owner)

    def clear(self) -> None:
        """Remove session and record."""
        session = self.session
        remove_session(session)
        if session.parent != self.folder:
            with suppress(OSError):
                session.with_name("egress.log").unlink(missing_ok=True)
                session.parent.rmdir()
        with suppress(FileNotFoundError, NotADirectoryError):
            self._record.unlink()

    def report(self) -> dict[str, Any]:
        """What the guard last said: `state`, `restarts`, `exit`. The workload can write that file, so little is believed."""
        from catalyst.services.gateway import door

        try:
            folder = os.open(self.session / "door", os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return {}
        try:
            return door.report(folder)
        finally:
            os.close(folder)


def make_session(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write what the sandbox will be shown. Readable by every uid, because the workload's may be any; the folder above
    is the caller's alone, and nothing in it is secret."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    for name, content in files.items():
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, 0o644)
            stream.write(content)


def remove_session(folder: Path) -> None:
    """Remove a session folder, as far as that can be done; never raises.

    The workload can write the door in it, and may have put thousands of folders into one another or closed one, so this
    is no recursion: what lies deep is moved up first. Another process of its user may still hold the door and exchange a
    folder for a link at any moment, so nothing in it is reached by a path (tests/attacks/test_door_race.py).
    """
    with suppress(OSError):
        if folder.is_symlink():
            folder.unlink()
            return
        for path in folder.iterdir():
            _remove(folder, path)
        folder.rmdir()


def _remove(folder: Path, path: Path) -> None:
    """`path` and all other names that are reached by a path here lie in `folder`, which only we may write."""
    waiting = [path]
    while waiting:
        upper = waiting.pop()
        inside = _open_folder(upper)
        if inside is None:
            upper.unlink()
            continue
        try:
            waiting += [risen for name in os.listdir(inside) if (risen := _lifted(folder, inside, name))]  # noqa: PTH208 -- names, of a folder held open or of no interest
        finally:
            os.close(inside)
        upper.rmdir()


def _lifted(folder: Path, inside: int, name: str) -> Path | None:
    """A folder moved up, and where to; None for anything else, which is removed."""
    deep = _open_folder(name, inside)
    if deep is None:
        os.unlink(name, dir_fd=inside)
        return None
    os.close(deep)
    risen = folder / f"risen-{os.urandom(8).hex()}"
    os.rename(name, risen, src_dir_fd=inside)  # what has that name by now: it is looked at again
    return risen


def _open_folder(name: Path | str, where: int | None = None) -> int | None:
    """Open a folder, usable for its owner, and no link; None where it is no folder."""
    try:
        held = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=where)
    except NotADirectoryError:
        return None
    try:
        Path(f"/proc/self/fd/{held}").chmod(0o700)
        return os.open(f"/proc/self/fd/{held}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    finally:
        os.close(held)
