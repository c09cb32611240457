"""A visitor's connection: requests for ComfyUI are carried here, everything else is handed to aiohttp.

Most of what comes is for ComfyUI and may go there; it takes the short way: one look at the head, the same rules, and its
bytes onwards. Our own pages, refusals and websockets are aiohttp's to answer (protocol.py, app.py), on a connection that
ends with that answer. So there is one forwarder, and one place that says no.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

from aiohttp import web

from catalyst.services.gateway import exchange, headers, heads, protocol
from catalyst.services.gateway.exchange import Exchange
from catalyst.services.gateway.heads import Asked
from catalyst.services.gateway.inside import Pool

LINGER = 5.0  # s that a request is still read, and thrown away, after an answer that did not wait for all of it
AHEAD = 64 << 10  # bytes of later requests that are kept while one is answered


class Admitted(Protocol):
    """A request that may go to ComfyUI."""

    most: int  # bytes of its body
    more: headers.Own  # of ours, for the answer's head

    def told(self, status: int) -> None:
        """It was answered so."""

    def is_over(self) -> bool:
        """The login it came with counts no more."""

    def instead(self, status: int) -> web.Response:
        """What is said in ComfyUI's place."""


Admit = Callable[[Asked, str], Admitted | None]  # with the address of the peer; None is aiohttp's to answer


class Outside(asyncio.Protocol):
    """One connection. `full`: the visitor does not take more for now."""

    def __init__(self, front: "Front") -> None:
        self._front = front
        self._buffer, self._searched = b"", 0
        self._exchange: Exchange | None = None
        self._admitted: Admitted | None = None
        self._lingers = False
        self.full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, or drop it where there are too many already."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]) if isinstance(peer, tuple) else ""
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        if not self._front.enters(self):
            self._transport.abort()
            return
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """He left."""
        del exc
        self._front.leaves(self)
        if self._timer:
            self._timer.cancel()
        if going_on := self._exchange:
            self._tell(exchange.LEFT)
            self._exchange = None
            going_on.leave()

    # Silence

    def _wait(self) -> None:
        """For the head of a request, and not for ever. One timer is set anew when it fires, not with each request."""
        self._until = self._loop.time() + protocol.SILENT
        if not self._timer:
            self._timer = self._loop.call_at(self._until, self._is_silent)

    def _is_silent(self) -> None:
        now = self._loop.time()
        if self._exchange:
            self._until = now + protocol.SILENT
        if self._until <= now:
            self._transport.abort()
        else:
            self._timer = self._loop.call_at(self._until, self._is_silent)

    # What comes

    def data_received(self, data: bytes) -> None:
        """Of a head, of a body, or ahead of time."""
        if self._lingers:
            return
        if self._exchange and self._exchange.wants:
            data = self._exchange.body(data)
        if data:
            self._buffer += data
            self._next()

    def _next(self) -> None:
        """Begin with the next request, if it is there and its turn."""
        if self._exchange or self._lingers:
            if len(self._buffer) > AHEAD:
                self.hold(True)
            return
        if self._transport.is_closing():
            return
        end = self._buffer.find(b"\r\n\r\n", max(0, self._searched - 3)) + 4
        if end < 4:
            self._searched = len(self._buffer)
            if not heads.may_become_one(self._buffer):
                self._hand_over()
            return
        asked = heads.request(self._buffer[:end]) if end <= heads.LONGEST else None
        admitted = self._front.admit(asked, self._peer) if asked else None
        if asked and admitted:
            rest, self._buffer, self._searched = self._buffer[end:], b"", 0
            self._begin(asked, admitted, rest)
        else:
            self._hand_over()

    def _begin(self, asked: Asked, admitted: Admitted, rest: bytes) -> None:
        self._admitted = admitted
        self._exchange = begun = Exchange(self, asked, self._front.pool, most=admitted.most, more=admitted.more)
        if rest and begun.wants:  # before anything is sent: what is malformed already troubles nobody
            rest = begun.body(rest)
        if self._exchange is begun:
            begun.start()
            self._buffer = rest
            self._next()

    def _hand_over(self) -> None:
        """Everything from here on is aiohttp's."""
        if self._timer:
            self._timer.cancel()
        self._front.leaves(self)
        self.hold(False)
        theirs = self._front.server()
        self._transport.set_protocol(theirs)
        theirs.connection_made(self._transport)
        theirs.data_received(self._buffer)

    # Back-pressure

    def pause_writing(self) -> None:
        """The visitor does not take more."""
        self.full = True
        if self._exchange:
            self._exchange.pause(True)

    def resume_writing(self) -> None:
        """He does again."""
        self.full = False
        if self._exchange:
            self._exchange.pause(False)

    def hold(self, held: bool) -> None:
        """Read no more for now, or go on."""
        if not self._transport.is_closing():
            (self._transport.pause_reading if held else self._transport.resume_reading)()

    # What goes back

    @property
    def descriptor(self) -> int:
        """Of the socket; -1 where its bytes are encrypted, or some wait to be sent before any other."""
        ask = self._transport.get_extra_info
        waits = self._transport.is_closing() or self._transport.get_write_buffer_size()
        return -1 if waits or ask("ssl_object") else int(ask("socket").fileno())

    def send(self, pieces: list[bytes | memoryview]) -> None:
        """To the visitor."""
        if not self._transport.is_closing():
            self._transport.writelines(pieces)

    def done(self, status: int, *, again: bool) -> None:
        """The answer is whole."""
        self._tell(status)
        wanted, self._exchange = self._exchange is not None and self._exchange.wants, None
        if not again or self._front.closing:
            self._close(lingers=wanted)
            return
        self._wait()
        self.hold(False)
        if self._buffer:
            self._next()

    def failed(self, status: int) -> None:
        """There is none: words of ours instead, and the end of the connection."""
        if admitted := self._admitted:
            made = admitted.instead(status)
            self._tell(made.status)
            self._exchange = None
            self.send([_whole(made)])
            self._close(lingers=True)

    def broken(self, status: int) -> None:
        """It broke off."""
        self._tell(status)
        self._exchange = None
        self._transport.abort()

    def _tell(self, status: int) -> None:
        if admitted := self._admitted:
            self._admitted = None
            admitted.told(status)

    def _close(self, *, lingers: bool) -> None:
        """A connection that is closed on bytes nobody has read is reset, and with it what was sent last (RFC 9112 9.6)."""
        if not lingers or self._transport.is_closing():
            self._transport.close()
            return
        self._lingers, self._buffer = True, b""
        self.hold(False)
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._until = self._loop.time() + LINGER
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._until, self._is_silent)

    def end_if_over(self) -> None:
        """An answer may go on for ever; it breaks off with the login it was asked with."""
        if self._admitted and self._admitted.is_over():
            self._transport.abort()

    def end(self) -> None:
        """The gateway ends. One that is being answered may end first."""
        if not self._exchange:
            self._transport.close()


def _whole(made: web.Response) -> bytes:
    """An answer of ours as it is sent."""
    body = made.body if isinstance(made.body, bytes) else b""
    pairs = [*made.headers.items(), ("Content-Length", str(len(body))), ("Connection", "close")]
    return heads.written(f"HTTP/1.1 {made.status} {made.reason}", pairs) + body


class Front:
    """All of them. `admit` says of each request whether it goes to ComfyUI; `server` is aiohttp's."""

    def __init__(self, admit: Admit, pool: Pool, server: protocol.Server) -> None:
        self.admit, self.pool, self.server = admit, pool, server
        self._open: set[Outside] = set()
        self.closing = False

    def __call__(self) -> Outside:
        """One more."""
        return Outside(self)

    def enters(self, one: Outside) -> bool:
        """Whether there is room for it."""
        if len(self._open) + len(self.server.connections) >= protocol.limit():
            return False
        self._open.add(one)
        return True

    def leaves(self, one: Outside) -> None:
        """It is gone, or aiohttp's."""
        self._open.discard(one)

    def end_what_is_over(self) -> None:
        """Answers to whoever is logged in no more."""
        for one in list(self._open):
            one.end_if_over()

    async def shutdown(self, seconds: float) -> None:
        """Answers under way may end in this time."""
        self.closing = True
        end = asyncio.get_running_loop().time() + seconds
        for one in list(self._open):
            one.end()
        while self._open and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.02)
