"""A large body from one socket to another through a pipe: its bytes never enter Python (splice(2)), as in the broker.

Without threads: both sockets are the event loop's, and it says when one is ready. The descriptors are duplicates, because
those of the transports are the transports' to watch.
"""

import asyncio
import fcntl
import os
from collections.abc import Callable
from contextlib import suppress

BIG = 1 << 20  # bytes from which a pipe is worth making
PIPE = 1 << 20  # bytes in it; the kernel lets one user have 64 MiB in such pipes (pipe(7))
MOST = 32  # at once; others are copied
TURNS = 8  # pipes that are filled before others have their turn


class Ended(Exception):
    """A side has ended early. `source`: it was the one that is read."""

    def __init__(self, *, source: bool) -> None:
        super().__init__()
        self.source = source


Over = Callable[[Ended | None], None]


class Flow:
    """`count` bytes, then `over` is called."""

    running = 0

    def __init__(self, source: int, sink: int, count: int, over: Over) -> None:
        """Raises OSError where there are too many, or no descriptor is left."""
        if Flow.running >= MOST:
            raise BlockingIOError("too many at once")
        self._loop, self._left, self._held, self._over = asyncio.get_running_loop(), count, 0, over
        self._opened: list[int] = []
        try:
            self._source, self._sink = self._kept(os.dup(source)), self._kept(os.dup(sink))
            self._opened += os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            self._release()
            raise
        self._read, self._write = self._opened[2:]
        with suppress(OSError):  # EPERM: this user has enough of them
            fcntl.fcntl(self._write, fcntl.F_SETPIPE_SZ, PIPE)
        Flow.running += 1
        self._waits_to_write = False
        self._loop.add_reader(self._source, self._move)

    def _kept(self, descriptor: int) -> int:
        self._opened.append(descriptor)
        return descriptor

    def _release(self) -> None:
        for descriptor in self._opened:
            os.close(descriptor)
        self._opened = []

    def _move(self) -> None:
        """As much as goes, up to TURNS."""
        try:
            for _ in range(TURNS):
                if not self._held and not self._fill():
                    return
                if not self._empty():
                    return
        except Ended as ended:
            self._end(ended)
            return
        if not self._left and not self._held:
            self._end(None)

    def _fill(self) -> bool:
        """Whether there is something in the pipe."""
        if not self._left:
            self._end(None)
            return False
        try:
            self._held = os.splice(self._source, self._write, min(self._left, PIPE), flags=os.SPLICE_F_NONBLOCK)
        except BlockingIOError:
            self._wait(to_write=False)
            return False
        except OSError as error:
            raise Ended(source=True) from error
        if not self._held:
            raise Ended(source=True)
        self._left -= self._held
        return True

    def _empty(self) -> bool:
        """Whether nothing is left in it."""
        try:
            while self._held:
                self._held -= os.splice(self._read, self._sink, self._held, flags=os.SPLICE_F_NONBLOCK)
        except BlockingIOError:
            self._wait(to_write=True)
            return False
        except OSError as error:
            raise Ended(source=False) from error
        return True

    def _wait(self, *, to_write: bool) -> None:
        if to_write and not self._waits_to_write:
            self._loop.remove_reader(self._source)
            self._loop.add_writer(self._sink, self._move)
        elif self._waits_to_write and not to_write:
            self._loop.remove_writer(self._sink)
            self._loop.add_reader(self._source, self._move)
        self._waits_to_write = to_write

    def _end(self, ended: Ended | None) -> None:
        self.stop()
        self._over(ended)

    def stop(self) -> None:
        """Move nothing more."""
        if self._opened:
            Flow.running -= 1
            self._loop.remove_reader(self._source)
            self._loop.remove_writer(self._sink)
            self._release()
