"""The sockets that the guard made and the workload has not used up, by inode number, with the guard's own hold on each."""

import os
import socket
import time
from collections import OrderedDict
from contextlib import suppress

from catalyst.guard.egress.dial import Dial
from catalyst.guard.egress.meeting import Meeting

FEWEST = 256  # below that many nobody is looked for
BUSY = 20  # looking for holders takes at most one part in so many of the time, where it frees little
LONGEST_LOOK = 0.25  # s
REMEMBERED = 4096


class Held:
    """One socket. `waiters` are callers that wait in connect(2), as (listener, id); `dial` is its request to the broker.

    `where`: the meeting, or the full backlog, that it is in SYN_SENT to. `due`: when its callers stop to wait.
    """

    __slots__ = ("dial", "due", "inode", "meeting", "socket", "started", "waiters", "where")

    def __init__(self, made: socket.socket) -> None:
        self.socket = made
        self.inode = os.fstat(made.fileno()).st_ino
        self.waiters: list[tuple[int, int]] = []
        self.dial: Dial | None = None
        self.meeting: Meeting | None = None
        self.due: float | None = None
        self.started = 0.0
        self.where: tuple[str | int, ...] = ()


class Table:
    """At most `most` sockets. One that is connected or listens leaves it, so that its close(2) is a real one."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: dict[int, Held] = {}
        self._sweep_at = min(FEWEST, most)
        self._not_before = 0.0
        self._answers: OrderedDict[int, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def add(self, made: socket.socket) -> None:
        """From now on it can be found."""
        held = Held(made)
        self._held[held.inode] = held
        self._answers.pop(held.inode, None)  # a number that came round again

    def find(self, inode: int) -> Held | None:
        """The socket with that inode number, if the guard made it and still holds it."""
        return self._held.get(inode)

    def all(self) -> list[Held]:
        """Every socket held."""
        return list(self._held.values())

    def release(self, held: Held) -> None:
        """Let go of it: the workload's descriptors are the only ones left."""
        self._held.pop(held.inode, None)
        held.socket.close()

    def remember(self, inode: int, answer: int) -> None:
        """What connect(2) on a socket that was let go is answered the next time."""
        self._answers[inode] = answer
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)

    def remembered(self, inode: int) -> int | None:
        """An errno or 0; None for a socket the guard does not know."""
        return self._answers.get(inode)

    def full(self) -> bool:
        """No room for one more, after those that nobody holds any more were let go."""
        if len(self._held) >= self._sweep_at:
            self.sweep()
        return len(self._held) >= self.most

    def sweep(self) -> None:
        """Let go of sockets that no process holds: closed ones, since the guard's hold keeps the kernel from saying so."""
        now, before = time.monotonic(), len(self._held)
        if now < self._not_before:
            return
        self._forget(self.all())
        self._sweep_at = min(self.most, max(FEWEST, 2 * len(self._held)))
        worth_it = 2 * len(self._held) <= before
        self._not_before = now if worth_it else now + BUSY * (time.monotonic() - now)

    def free_port(self, port: int) -> None:
        """Let go of closed sockets that are bound to `port`, so that it can be bound again."""
        bound = [held for held in self.all() if _port(held.socket) == port]
        if bound:
            self._forget(bound)

    def _forget(self, suspects: list[Held]) -> None:
        seen = _sockets_of_others()
        if seen is None:
            return
        for held in suspects:
            if held.inode not in seen and not held.waiters and held.dial is None:
                self.release(held)


def _port(one: socket.socket) -> int:
    try:
        return int(one.getsockname()[1])
    except OSError:
        return 0


def _sockets_of_others() -> set[int] | None:
    """Inode numbers of sockets in every other process whose descriptors may be looked at. None if that would take longer
    than PID 1 may be away: the workload decides how much there is to look at."""
    found, own, end = set(), os.getpid(), time.monotonic() + LONGEST_LOOK
    for name in os.listdir("/proc"):
        if not name.isdecimal() or int(name) == own:
            continue
        with suppress(OSError):
            for number in os.listdir(f"/proc/{name}/fd"):
                found.add(_inode(f"/proc/{name}/fd/{number}"))
                if time.monotonic() > end:
                    return None
    return found


def _inode(path: str) -> int:
    try:
        link = os.readlink(path)
    except OSError:
        return 0
    return int(link[8:-1]) if link.startswith("socket:[") else 0
