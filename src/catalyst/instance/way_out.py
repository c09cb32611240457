"""The broker of one sandbox: its sockets, its configuration, its process."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from catalyst.engine import process
from catalyst.instance.prepare import Prepared
from catalyst.render.session import BROKER_FILE

OUT, SOCKET, CONTROL = "out", "out.sock", "egress.sock"
BACKLOG = 512
MOST_RESTARTS, WINDOW = 5, 600.0  # within so many seconds


class WayOut:
    """The broker beside a sandbox. The listening sockets are ours, so a broker that ended is started again on them.

    `folder` is the session's; `log` a descriptor that the decisions are written to. `out` is the folder of the workload's
    socket, made in the session where none is named; `control` the owner's, else it lies in the session too.
    """

    def __init__(self, user: tuple[int, int], folder: Path, log: int, *, out: Path | None = None,
                 control: socket.socket | None = None) -> None:  # fmt: skip
        self._config, self._log, self._user = folder / BROKER_FILE, os.dup(log), user
        if out is None:
            out = folder / OUT
            out.mkdir()
            out.chmod(0o755)
        # Anybody who gets to the socket may ask: in a rootless engine the workload is a uid that the host has no name for.
        self._listener = listening(out, SOCKET, 0o666)
        self._control = control or listening(folder, CONTROL, 0o600)
        name = self._control.getsockname()
        self.reachable = name.decode() if isinstance(name, bytes) else ""  # the name of an abstract control socket
        self._process: process.Process[bytes] | None = None
        self._started: list[float] = []
        self._lock, self._over = threading.Lock(), False

    def start(self) -> None:
        """Start it, or start it again, unless `end` was called. Raises OSError."""
        config = os.open(self._config, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        given = {"listener": self._listener.fileno(), "control": self._control.fileno(), "config": config, "log": self._log}
        words = [word for name, number in given.items() for word in (f"--{name}", str(number))]
        words += ["--user", ":".join(str(number) for number in self._user)]
        try:
            with self._lock:
                if not self._over:
                    self._started.append(time.monotonic())
                    self._process = process.start(
                        process.python("catalyst.services.broker", *words), output=process.NULL, errors=process.NULL,
                        keep=tuple(given.values()),
                    )  # fmt: skip
        finally:
            os.close(config)

    def start_when_asked(self) -> None:
        """Start it with the first connection, in a thread: most commands never connect, and its start costs 0.1 s."""
        threading.Thread(target=self._wait, args=(os.dup(self._listener.fileno()),), daemon=True).start()

    def _wait(self, listener: int) -> None:
        import select

        try:
            while not self._over and not select.select([listener], [], [], 1.0)[0]:
                pass
            self.start()
        finally:
            os.close(listener)

    def lives(self) -> list[int]:
        """A pidfd of the process that runs."""
        return [os.pidfd_open(self._process.pid)] if self._process else []

    def again(self, tell: Callable[[str], None]) -> list[int]:
        """It ended: start it again, and a pidfd of it; none when that was done too often. Rules that were allowed
        meanwhile are gone with it, and that is said."""
        now = time.monotonic()
        self._started = [moment for moment in self._started if now - moment < WINDOW]
        if self._process:
            self._process.wait()
        if len(self._started) > MOST_RESTARTS:
            tell("the broker ended too often and stays away: the workload reaches nothing")
            return []
        tell("the broker ended and is started again; what was allowed since the start is forgotten")
        self.start()
        return self.lives()

    def end(self) -> None:
        """End it, and with it what it carried. Nothing is started afterwards."""
        with self._lock:
            self._over = True
        if self._process:
            if self._process.stdin:
                with suppress(OSError):
                    self._process.stdin.close()
            self._process.kill()
            self._process.wait()
        self._listener.close()
        self._control.close()
        os.close(self._log)


@contextmanager
def way_out(
    ready: Prepared, folder: Path, *, at_once: bool = False, control: socket.socket | None = None
) -> Iterator[None]:
    """For one command: a broker that is started when it is asked for, or `at_once`; none where the policy has no way out.
    `control`: as for WayOut."""
    if BROKER_FILE not in ready.files:
        yield
        return
    log = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    broker = WayOut(ready.settings.user, folder, log, control=control)
    os.close(log)
    try:
        if at_once:
            broker.start()
        else:
            broker.start_when_asked()
        yield
    finally:
        broker.end()


def abstract(instance: str, *, named: bool) -> socket.socket:
    """The owner's socket without a file: its name is there for every process of this network namespace but those that
    Landlock's scopes keep from abstract sockets (landlock(7)). Not `named`, nobody can know where it is."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    listener.bind(control_name(instance) if named else f"\0{os.urandom(32).hex()}")
    listener.listen(BACKLOG)
    return listener


def control_name(instance: str) -> str:
    """What `abstract` calls it."""
    return f"\0catalyst/{instance}/{CONTROL}"


def listening(folder: Path, name: str, mode: int) -> socket.socket:
    """A unix socket in `folder`, whose path may be longer than a socket's name (108 bytes, unix(7))."""
    where = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        listener.bind(f"/proc/self/fd/{where}/{name}")
        Path(f"/proc/self/fd/{where}/{name}").chmod(mode)
    finally:
        os.close(where)
    listener.listen(BACKLOG)
    return listener
