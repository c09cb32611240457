"""Decisions: one line each in the log, the refused ones counted, all of them told to who watches.

A line has the time it was decided, the program's name, host, port, rule, verdict (allowed, refused, failed or malformed),
why, the name of the token that went along, and the bytes each way once the connection has ended. No path, no query, no
field of a head, no value of a token.
"""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from catalyst.guard.record import Record
from catalyst.services.broker.log import Log

KEPT = 256  # kinds of refusal that are counted
LISTED = 50
REPEATED = 60.0  # seconds in which the same refusal is written once
WAITING = 1000  # decisions a watcher may lag behind


class Decision(Record):
    """`sent` and `received`: bytes from and to the workload, None where nothing was carried."""

    at: float
    program: str
    host: str
    port: int | None
    verdict: str
    why: str = ""
    rule: str = ""
    instead: str = ""
    sent: int | None = None
    received: int | None = None
    token: str = ""

    def document(self) -> dict[str, Any]:
        """As it stands in the log."""
        when = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds")
        counts = {"sent": self.sent, "received": self.received} if self.sent is not None else {}
        words = {"program": self.program, "host": self.host, "port": self.port, "verdict": self.verdict,
                 "rule": self.rule, "why": self.why, "instead": self.instead, "token": self.token}  # fmt: skip
        return {"time": when, **{key: value for key, value in words.items() if value}, **counts}


class Journal:
    """Takes every decision, from the event loop's thread."""

    def __init__(self, log: Log, now: Callable[[], float] = time.time) -> None:
        self.log, self.now = log, now
        self._refused: OrderedDict[tuple[str, int | None, str, str], dict[str, Any]] = OrderedDict()
        self._watchers: set[asyncio.Queue[dict[str, Any]]] = set()

    def opened(self, decision: Decision) -> None:
        """A connection stands: watchers learn it now, the log when it has ended."""
        self._tell({"event": "open", **decision.document()})

    def add(self, decision: Decision) -> None:
        """A decision that is over."""
        self._tell({"event": "end", **decision.document()})
        silent = decision.verdict in ("refused", "malformed") and self._count(decision)
        if not silent:
            self.log.write(json.dumps(decision.document()))

    def _count(self, decision: Decision) -> bool:
        """Is it a repetition that need not be written?"""
        key = (decision.host, decision.port, decision.program, decision.why)
        found = self._refused.pop(key, None) or {"count": 0, "written": 0.0, "unwritten": 0}
        found["count"] += 1
        found["last"], found["decision"] = self.now(), decision
        self._refused[key] = found
        while len(self._refused) > KEPT:
            self._refused.popitem(last=False)
        if found["last"] - found["written"] < REPEATED:
            found["unwritten"] += 1
            return True
        again, found["unwritten"], found["written"] = found["unwritten"], 0, found["last"]
        if again:
            self.log.write(json.dumps({**decision.document(), "again": again}))
        return bool(again)

    def refused(self) -> list[dict[str, Any]]:
        """The last refusals, newest first, each with its count and the rule that would allow it."""
        last = list(self._refused.values())[-LISTED:]
        return [{**found["decision"].document(), "count": found["count"]} for found in reversed(last)]

    def watch(self) -> asyncio.Queue[dict[str, Any]]:
        """A queue that gets every decision from now on; `forget` it."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(WAITING)
        self._watchers.add(queue)
        return queue

    def forget(self, queue: asyncio.Queue[dict[str, Any]]) -> None:
        """Nobody watches it any more."""
        self._watchers.discard(queue)

    def _tell(self, document: dict[str, Any]) -> None:
        for queue in self._watchers:
            if queue.full():  # a watcher that does not read loses the oldest
                queue.get_nowait()
            queue.put_nowait(document)
