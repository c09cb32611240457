"""A request to ComfyUI and its answer back, both as they come."""

import asyncio
import time
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache
from typing import Protocol

from catalyst.services.gateway import bodies, flow, headers, heads
from catalyst.services.gateway.bodies import Counted, Malformed
from catalyst.services.gateway.flow import Flow
from catalyst.services.gateway.heads import CHUNKED, Answered, Asked
from catalyst.services.gateway.inside import Inside, Pool

INFORMATIONAL = 8  # answers before the answer (1xx) that are listened to
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
MALFORMED, TOO_LARGE, UNANSWERED = 400, 413, 502
LEFT = 499  # in the log: the visitor did not wait for the answer (nginx's number)


class Visitor(Protocol):
    """The connection the answer goes to. `full`: it takes no more for now."""

    full: bool

    @property
    def descriptor(self) -> int:
        """Of its socket, or -1 where nothing may be moved to or from it as it is."""

    def send(self, pieces: list[bytes | memoryview]) -> None:
        """Towards the visitor."""

    def hold(self, held: bool) -> None:
        """Read no more of the request for now, or go on."""

    def done(self, status: int, *, again: bool) -> None:
        """The answer is whole. `again`: another request may follow."""

    def failed(self, status: int) -> None:
        """There is no answer of ComfyUI's, because the request is MALFORMED or TOO_LARGE, or it was not to be had."""

    def broken(self, status: int) -> None:
        """The answer broke off. So must the connection: an orderly end would pass for the whole of it."""


class Exchange:
    """One request. `most` bytes of a body may come; `more` is added to the head of the answer."""

    def __init__(self, visitor: Visitor, asked: Asked, pool: Pool, *, most: int, more: headers.Own) -> None:
        self._visitor, self._asked, self._pool, self._left, self._more = visitor, asked, pool, most, more
        self._there, self._back = bodies.body(asked.length), bodies.body(0)
        self._unsent: list[bytes | memoryview] = [heads.inwards(asked)]  # until somebody takes it
        self._repeats = False  # it may have been sent to somebody who was leaving at that very moment, and is asked again
        self._inside: Inside | None = None
        self._entering: asyncio.Task[None] | None = None
        self._flow: Flow | None = None
        self._begun, self._informed = b"", 0
        self._answer: Answered | None = None
        self._outgoing: list[bytes | memoryview] = []  # the answer's head, until the first of its body: one write for both
        self._again = not asked.closes

    # Towards ComfyUI

    @property
    def wants(self) -> bool:
        """Whether more of the request's body must come."""
        return not self._there.over

    def start(self) -> None:
        """Ask."""
        asked = self._asked
        if asked.length and not asked.old and asked.headers.get("Expect", "").lower() == "100-continue":
            self._visitor.send([CONTINUE])
        if inside := self._pool.take():
            self._entered(inside)
        else:
            self._enter()

    def _enter(self) -> None:
        self._visitor.hold(True)
        self._entering = asyncio.get_running_loop().create_task(self._anew())

    async def _anew(self) -> None:
        try:
            inside = await self._pool.enter()
        except OSError:
            self._fail(UNANSWERED)
            return
        self._entering = None
        self._visitor.hold(False)
        self._entered(inside)

    def _entered(self, inside: Inside) -> None:
        self._inside, inside.hearer = inside, self
        inside.pause(self._visitor.full)
        inside.transport.writelines(self._unsent)
        self._repeats = inside.used and not self._asked.length and self._asked.method in {"GET", "HEAD"}
        if not self._repeats:
            self._unsent = []

    def body(self, data: bytes) -> bytes:
        """More of the request, before `start` too; what comes after it."""
        try:
            pieces, rest = self._there.feed(data)
        except Malformed:
            self._fail(MALFORMED)
            return b""
        self._left -= sum(map(len, pieces))
        if self._left < 0:
            self._fail(TOO_LARGE)
            return b""
        if self._asked.length == CHUNKED:
            pieces = _framed(pieces, over=self._there.over)
        if not self._inside:
            self._unsent += pieces
        elif not self._inside.transport.is_closing():
            self._inside.transport.writelines(pieces)
        self._flow_there()
        return rest

    def _flow_there(self) -> None:
        """What is left of a large body goes past Python, once what was read of it has gone."""
        there, inside = self._there, self._inside
        if not isinstance(there, Counted) or there.left < flow.BIG or self._flow or not inside:
            return
        source, sink = self._visitor.descriptor, inside.descriptor
        if min(source, sink) < 0:
            return

        def over(ended: flow.Ended | None) -> None:
            self._flow = None
            if not ended:
                there.left = 0
                self._visitor.hold(False)
            elif ended.source:
                self.leave()
                self._visitor.broken(LEFT)
            # Else ComfyUI has hung up, and its connection will say so once what it has answered is read.

        with suppress(OSError):  # then it is copied
            self._flow = Flow(source, sink, there.left, over)
            self._visitor.hold(True)

    def hold(self, held: bool) -> None:
        """ComfyUI does not take more, or does again."""
        self._visitor.hold(held)

    # Towards the visitor

    def pause(self, paused: bool) -> None:
        """The visitor does not take more, or does again."""
        if self._inside:
            self._inside.pause(paused)

    def answered(self, data: bytes) -> None:
        """What ComfyUI says."""
        self._repeats, self._unsent = False, []
        while not self._answer:
            known, self._begun = len(self._begun), self._begun + data
            end = self._begun.find(b"\r\n\r\n", max(0, known - 3)) + 4
            if end < 4 and len(self._begun) <= heads.LONGEST:
                return
            head, data, self._begun = self._begun[:end], self._begun[end:], b""
            if not self._begin(heads.answer(head, self._asked.method) if 4 <= end <= heads.LONGEST else None):
                return
        self._carry(data)

    def _begin(self, answer: Answered | None) -> bool:
        """Whether to read on: the answer begins, or this was a word before it."""
        if answer and answer.status < 200 and answer.status != 101 and self._informed < INFORMATIONAL:
            self._informed += 1
            return True
        if not answer or answer.status < 200:
            self._fail(UNANSWERED)
            return False
        # He is told that no other may follow where a part of this request is still to come.
        self._again = self._again and not self.wants
        self._answer, self._back = answer, bodies.body(answer.length)
        self._outgoing = [_outwards(answer, self._asked, self._more, again=self._again)]
        return True

    def _carry(self, data: bytes) -> None:
        try:
            pieces, rest = self._back.feed(data)
        except Malformed:
            self._break()
            return
        if self._is_framed:
            pieces = _framed(pieces, over=self._back.over)
        if self._outgoing or pieces:
            self._visitor.send([*self._outgoing, *pieces])
            self._outgoing = []
        if self._back.over:
            self._finish(kept=not rest)
        else:
            self._flow_back()

    def _flow_back(self) -> None:
        """What is left of a large answer goes past Python."""
        back, inside = self._back, self._inside
        if not isinstance(back, Counted) or back.left < flow.BIG or self._flow or not inside:
            return
        source, sink = inside.descriptor, self._visitor.descriptor
        if min(source, sink) < 0:
            return

        def over(ended: flow.Ended | None) -> None:
            self._flow = None
            if ended:
                self._break(0 if ended.source else LEFT)
            else:
                back.left = 0
                self._finish(kept=True)

        with suppress(OSError):  # then it is copied
            self._flow = Flow(source, sink, back.left, over)
            inside.pause(True)

    @property
    def _is_framed(self) -> bool:
        """The answer is in chunks on its way out: its length was not said, and the visitor knows chunks."""
        return self._answer is not None and self._answer.length < 0 and not self._asked.old

    def ended(self, error: Exception | None) -> None:
        """ComfyUI hung up."""
        self._inside = None
        if self._answer is None:
            if self._repeats:
                self._enter()
            else:
                self._fail(UNANSWERED)
        elif error is None and self._answer.length == heads.TO_THE_END:
            if self._is_framed:
                self._visitor.send([bodies.END])
            self._finish(kept=False)
        else:
            self._break()

    # The end

    def _finish(self, *, kept: bool) -> None:
        """All of the answer is on its way."""
        answer, inside = self._answer, self._inside
        kept = kept and answer is not None and not answer.closes and not self.wants
        if inside and kept:
            self._inside = None
            self._pool.give(inside)
        self.leave()
        self._visitor.done(answer.status if answer else UNANSWERED, again=self._again)

    def _fail(self, status: int) -> None:
        if self._answer:
            self._break()
            return
        self.leave()
        self._visitor.failed(status)

    def _break(self, status: int = 0) -> None:
        """The log has `status`, else ComfyUI's."""
        self.leave()
        self._visitor.broken(status or (self._answer.status if self._answer else UNANSWERED))

    def leave(self) -> None:
        """Let go of ComfyUI, whatever it is doing."""
        if self._entering:
            self._entering.cancel()
            self._entering = None
        if self._flow:
            self._flow.stop()
            self._flow = None
        if inside := self._inside:
            self._inside = inside.hearer = None
            inside.transport.abort()


def _outwards(answer: Answered, asked: Asked, more: headers.Own, *, again: bool) -> bytes:
    pairs = [*headers.outwards(answer.pairs, asked.path, more),
             ("Server", "catalyst"), ("Date", _date(int(time.time())))]  # fmt: skip
    if answer.length < 0 and not asked.old:
        pairs.append(("Transfer-Encoding", "chunked"))
    if not again:
        pairs.append(("Connection", "close"))
    return heads.written(f"HTTP/1.1 {answer.status} {answer.reason}", pairs)


@lru_cache(1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _framed(pieces: list[bytes | memoryview], *, over: bool) -> list[bytes | memoryview]:
    """In chunks."""
    parts: list[bytes | memoryview] = [part for piece in pieces for part in bodies.chunk(piece)]
    return [*parts, bodies.END] if over else parts
