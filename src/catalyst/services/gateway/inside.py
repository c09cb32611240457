"""Connections to ComfyUI, all of them through the door, kept open from one request to the next."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Protocol, cast

from catalyst.services.gateway import door

ENTER_WITHIN = 5.0  # s until the door's queue must have room
MOST = 1024  # connections at once; what comes then waits as for the door
IDLE = 10.0  # s an unused connection is kept; ComfyUI's aiohttp closes its end after 75


async def enter(folder: int, has_room: Callable[[], bool]) -> socket.socket:
    """Through the door in `folder`, when its queue and we have room. Raises OSError."""
    end = time.monotonic() + ENTER_WITHIN
    while True:
        try:
            if has_room():
                return door.enter(folder)
        except BlockingIOError:
            pass
        if time.monotonic() > end:
            raise BlockingIOError("there is no room")
        await asyncio.sleep(0.02)


class Hearer(Protocol):
    """Who hears what comes on a connection."""

    def answered(self, data: bytes) -> None:
        """Bytes of the answer."""

    def ended(self, error: Exception | None) -> None:
        """No more will come."""

    def hold(self, held: bool) -> None:
        """Send no more for now, or go on."""


class Inside(asyncio.Protocol):
    """One connection. `hearer` is the exchange it carries; between two there is none. `used`: it has carried one."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self.hearer: Hearer | None = None
        self.used = False
        self.since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The door let us in."""
        self.transport = cast("asyncio.Transport", transport)
        self._pool.opened(self)

    def data_received(self, data: bytes) -> None:
        """What nobody asked for ends it."""
        if self.hearer:
            self.hearer.answered(data)
        else:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._pool.closed(self)
        if hearer := self.hearer:
            self.hearer = None
            hearer.ended(exc)

    def pause_writing(self) -> None:
        """ComfyUI does not take more."""
        if self.hearer:
            self.hearer.hold(True)

    def resume_writing(self) -> None:
        """It does again."""
        if self.hearer:
            self.hearer.hold(False)

    @property
    def descriptor(self) -> int:
        """Of its socket; -1 where bytes wait to be sent before any other."""
        return -1 if self.transport.get_write_buffer_size() else int(self.transport.get_extra_info("socket").fileno())

    def pause(self, paused: bool) -> None:
        """Read nothing for now, or go on."""
        if not self.transport.is_closing():
            (self.transport.pause_reading if paused else self.transport.resume_reading)()


class Pool:
    """Those that are open. The folder of the door is the workload's: see door.py."""

    def __init__(self, folder: int) -> None:
        self._folder = folder
        self._open: set[Inside] = set()
        self._idle: list[Inside] = []

    def opened(self, one: Inside) -> None:
        """It is there."""
        self._open.add(one)

    def closed(self, one: Inside) -> None:
        """It is not any more."""
        self._open.discard(one)
        if one in self._idle:
            self._idle.remove(one)

    def take(self) -> Inside | None:
        """One that was used before, the last of them first: those at the other end grow old."""
        while self._idle:
            one = self._idle.pop()
            if not one.transport.is_closing():
                return one
        return None

    def give(self, one: Inside) -> None:
        """Its answer was whole, and another may follow."""
        one.hearer, one.used, one.since = None, True, time.monotonic()
        if one.transport.get_write_buffer_size():  # an answer before the question was all sent
            one.transport.abort()
            return
        one.pause(False)
        self._idle.append(one)

    async def enter(self) -> Inside:
        """A new one. Raises OSError."""
        found = await enter(self._folder, lambda: len(self._open) < MOST)
        try:
            _, made = await asyncio.get_running_loop().create_unix_connection(lambda: Inside(self), sock=found)
        except BaseException:
            found.close()
            raise
        return made

    def close_idle(self, age: float = IDLE) -> None:
        """Those that nobody has needed for `age` seconds."""
        oldest = time.monotonic() - age
        for one in [one for one in self._idle if one.since <= oldest]:
            one.transport.close()
