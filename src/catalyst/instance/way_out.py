"""The broker of one sandbox: its sockets, its configuration, its process."""

import os
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalyst.engine import process
from catalyst.errors import CatalystError
from catalyst.instance.prepare import Prepared
from catalyst.render.session import BROKER_FILE
from catalyst.settings import Settings
from catalyst.workloads.tokens import xet

if TYPE_CHECKING:
    from catalyst.instance.tokens import Tokens

OUT, SOCKET, CONTROL = "out", "out.sock", "egress.sock"
BACKLOG = 512
MOST_RESTARTS, WINDOW = 5, 600.0  # within so many seconds
COUNTED = 5.0  # s for a connection that has ended to be counted
DYNAMIC = (61184, 65519)  # users that no account has: systemd's for its own services (systemd.exec(5), DynamicUser=)


class WayOut:
    """The broker beside a sandbox. The listening sockets are ours, so a broker that ended is started again on them.

    `folder` is the session's; `log` a descriptor that the decisions are written to; `tokens` what it is to use, if anything.
    `out` is the folder of the workload's socket, made in the session where none is named; `control` the owner's, else it
    lies in the session too, as do the certificates to trust unless `trusted` names their folder.
    """

    def __init__(self, settings: Settings, folder: Path, log: int, tokens: "Tokens | None" = None, *,
                 out: Path | None = None, control: socket.socket | None = None,
                 trusted: Path | None = None) -> None:  # fmt: skip
        self._config, self._log, self._settings = folder / BROKER_FILE, os.dup(log), settings
        self._folder, self._trusted = folder, trusted or folder
        self._tokens = tokens if tokens and tokens.wanted else None
        self.notices: tuple[str, ...] = ()
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
        """Start it, or start it again, unless `end` was called. Raises OSError, and CatalystError for its tokens."""
        with ExitStack() as given:
            config = _closed_by(given, os.open(self._config, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW))
            numbers = [("listener", self._listener.fileno()), ("control", self._control.fileno()), ("config", config),
                       ("log", self._log)]  # fmt: skip
            answer = self._tokens_for(given, self._tokens, numbers) if self._tokens else None
            words = [word for name, number in numbers for word in (f"--{name}", str(number))]
            words += ["--user", ":".join(str(number) for number in self._user())]
            words += ["--xet"] if xet(self._settings) else []
            with self._lock:
                if self._over:
                    return
                self._started.append(time.monotonic())
                self._process = process.start(
                    process.python("catalyst.services.broker", *words), output=process.NULL, errors=process.NULL,
                    keep=tuple(number for _, number in numbers),
                )  # fmt: skip
        if self._tokens and answer is not None:
            self._heard(self._tokens, answer)

    def _tokens_for(self, given: ExitStack, tokens: "Tokens", numbers: list[tuple[str, int]]) -> int:
        """Add the descriptors of its tokens; the one that its answer comes through."""
        from catalyst.instance import trust

        numbers.append(("roots", _closed_by(given, trust.document(self._settings))))
        answer, say = os.pipe2(os.O_CLOEXEC)
        with ExitStack() as failed:
            failed.callback(os.close, answer)
            numbers.append(("answer", _closed_by(given, say)))
            numbers += [("tokens", _closed_by(given, pipe)) for pipe in tokens.hand_over()]
            failed.pop_all()
        return answer

    def _heard(self, tokens: "Tokens", answer: int) -> None:
        """It has its tokens; the sandbox gets the certificates to trust."""
        from catalyst.instance import trust

        try:
            held = tokens.answer(answer)
        finally:
            os.close(answer)
        trust.write(self._trusted, self._settings, held.certificate)
        self.notices = held.notices

    def _user(self) -> tuple[int, int]:
        """Whom it runs as. For root that is nobody else, the workload least of all: what a process holds is its user's."""
        if os.geteuid() or not self._tokens:
            return self._settings.user
        first, last = DYNAMIC
        own = first + zlib.crc32(os.fsencode(self._folder)) % (last - first)
        return (own + 1, own + 1) if own in self._settings.user else (own, own)

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
        """What can be read once the process that runs has ended."""
        return [process.end_of(self._process)] if self._process else []

    def again(self, tell: Callable[[str], None]) -> list[int]:
        """It ended: start it again, and what `lives` gives; none when that was done too often. Rules that were allowed
        meanwhile are gone with it, and that is said."""
        now = time.monotonic()
        self._started = [moment for moment in self._started if now - moment < WINDOW]
        if self._process:
            self._process.wait()
        if len(self._started) > MOST_RESTARTS:
            tell("the broker ended too often and stays away: the workload reaches nothing")
            return []
        tell("the broker ended and is started again; what was allowed since the start is forgotten")
        lost = self._tokens.again() if self._tokens else ""
        if lost:
            tell(lost)
        try:
            self.start()
        except CatalystError as error:
            tell(str(error))
        return self.lives()

    def tokens(self) -> list[dict[str, Any]]:
        """What it says of its tokens, none of them a value: `name`, `hosts`, when each was last `used`. It has counted what
        was asked by now: what is under way is waited for, a little."""
        if not self._tokens:
            return []
        end = time.monotonic() + COUNTED
        said = self._listed()
        while said["open"] and time.monotonic() < end:
            time.sleep(0.02)
            said = self._listed()
        return list(said["tokens"])

    def _listed(self) -> dict[str, Any]:
        from catalyst.services.broker import client

        with suppress(CatalystError, OSError), ExitStack() as stack:
            path = self.reachable or stack.enter_context(control_path(self._folder))
            return client.listed(path)
        return {"open": 0, "tokens": []}

    def end(self) -> None:
        """End it, and with it what it carried. Nothing is started afterwards."""
        with self._lock:
            self._over = True
        if self._tokens:
            self._tokens.note_used(self._listed()["tokens"])
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
def control_path(folder: Path) -> Iterator[str]:
    """The path of a broker's control socket, short enough for a socket's name (108 bytes, unix(7)). Raises OSError."""
    held = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{held}/{CONTROL}"
    finally:
        os.close(held)


def _closed_by(stack: ExitStack, descriptor: int) -> int:
    stack.callback(os.close, descriptor)
    return descriptor


@contextmanager
def way_out(
    ready: Prepared, folder: Path, *, at_once: bool = False, tokens: "Tokens | None" = None,
    tell: Callable[[str], None] = lambda _: None, control: socket.socket | None = None,
) -> Iterator[WayOut | None]:  # fmt: skip
    """For one command: a broker that is started when it is asked for, or `at_once`, and with tokens always: its certificate
    must be there first. None where the policy has no way out. `control`: as for WayOut."""
    if BROKER_FILE not in ready.files:
        yield None
        return
    log = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    broker = WayOut(ready.settings, folder, log, tokens, control=control)
    os.close(log)
    try:
        if at_once or (tokens and tokens.wanted):
            broker.start()
            for notice in broker.notices:
                tell(notice)
        else:
            broker.start_when_asked()
        yield broker
    finally:
        broker.end()


def abstract(instance: str) -> socket.socket:
    """The owner's socket without a file: its name is there for every process of this network namespace but those that
    Landlock's scopes keep from abstract sockets (landlock(7))."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    listener.bind(control_name(instance))
    listener.listen(BACKLOG)
    return listener


def nameless(folder: Path) -> socket.socket:
    """The same that nobody can reach, its owner neither: /proc/net/unix lists every name that leads to one. `folder` is
    where it has one for a moment."""
    listener = listening(folder, CONTROL, 0o600)
    (folder / CONTROL).unlink()
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
