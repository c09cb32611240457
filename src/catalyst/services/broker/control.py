"""The owner's socket: one JSON object per line each way. `list`, `allow`, `deny`, `watch`.

Answers have `ok`; a refused one `error` and `hint`. `watch` answers once, then sends a line for each decision until the
other side closes. Only root and the user who started the broker are answered (SO_PEERCRED, unix(7)).
"""

import asyncio
import json
import socket
import struct
from typing import Any

from catalyst.egress.rules import Rule, parse
from catalyst.errors import BrokerRefused, CatalystError
from catalyst.services.broker.broker import Broker

LONGEST = 4096
MOST = 16  # connections at once
MOST_RULES = 4096


class Control:
    """Serves the control socket of one broker. `owner`: the uid that may use it besides root."""

    def __init__(self, broker: Broker, owner: int) -> None:
        self._broker, self._owner, self._open = broker, owner, 0

    async def start(self, listener: socket.socket) -> asyncio.Server:
        """Serve from now on."""
        return await asyncio.start_unix_server(self._serve, sock=listener, limit=LONGEST)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        self._open += 1
        try:
            if struct.unpack("3i", peer)[1] in (0, self._owner) and self._open <= MOST:
                await self._lines(reader, writer)
        except (OSError, ValueError):  # gone, or a line without end
            pass
        finally:
            self._open -= 1
            writer.close()

    async def _lines(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            try:
                request = self._understood(line)
                answer = self._answer(request)
            except CatalystError as error:
                request, answer = {}, {"ok": False, "error": str(error), "hint": error.hint}
            await _write(writer, answer)
            if request.get("do") == "watch":
                await self._watch(reader, writer)
                return

    @staticmethod
    def _understood(line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            request = None
        if not isinstance(request, dict) or not all(isinstance(value, str) for value in request.values()):
            raise BrokerRefused("broker: not an object of texts", 'send one line: {"do": "list"}')
        return request

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        match request:
            case {"do": "list"} if len(request) == 1:
                return self._state() | {"refused": self._broker.journal.refused()}
            case {"do": "watch"} if len(request) == 1:
                return {"ok": True}
            case {"do": "allow", "rule": str(rule)} if len(request) == 2:
                self._allow(parse(rule))
                return self._state()
            case {"do": "deny", "rule": str(rule)} if len(request) == 2:
                return self._state() | {"ended": self._deny(parse(rule))}
            case _:
                raise BrokerRefused("broker: not a request", 'send one line: {"do": "list"}')

    def _state(self) -> dict[str, Any]:
        policy = self._broker.policy
        return {
            "ok": True, "reach": "internet" if policy.internet else "hosts", "private": policy.private,
            "rules": [str(rule) for rule in policy.rules], "open": len(self._broker.tunnels),
            "unwritten": self._broker.journal.log.lost, "tokens": self._tokens(),
        }  # fmt: skip

    def _tokens(self) -> list[dict[str, Any]]:
        """Names, hosts, and when each last went along (seconds since 1970, 0: never)."""
        held = self._broker.injector.tokens if self._broker.injector else ()
        return [{"name": one.name, "hosts": one.hosts, "used": self._broker.token_uses.get(one.name, 0)} for one in held]

    def _allow(self, rule: Rule) -> None:
        rules = self._broker.policy.rules
        if rule not in rules:
            if len(rules) >= MOST_RULES:
                raise BrokerRefused("broker: too many rules", "remove some: catalyst egress deny RULE")
            rules.append(rule)

    def _deny(self, rule: Rule) -> int:
        """Takes a rule away and ends what only it allowed; how many connections."""
        policy = self._broker.policy
        if rule not in policy.rules:
            raise BrokerRefused("broker: no such rule", "see the rules in force: catalyst egress list")
        policy.rules.remove(rule)
        return self._broker.tunnels.end_unless(policy.still)

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        queue = self._broker.journal.watch()
        gone = asyncio.ensure_future(reader.read(1))
        try:
            while not gone.done():
                came = asyncio.ensure_future(queue.get())
                await asyncio.wait((came, gone), return_when=asyncio.FIRST_COMPLETED)
                if came.done():
                    await _write(writer, came.result())
                came.cancel()
        finally:
            gone.cancel()
            self._broker.journal.forget(queue)


async def _write(writer: asyncio.StreamWriter, document: dict[str, Any]) -> None:
    writer.write(json.dumps(document).encode() + b"\n")
    await writer.drain()
