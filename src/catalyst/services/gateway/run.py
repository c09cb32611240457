"""The event loop: listeners, the probe, the word of `up`, and an orderly end."""

import asyncio
import concurrent.futures.thread  # noqa: F401 -- loaded while its file can still be read, as below
import encodings.idna  # noqa: F401 -- likewise
import os
import socket
import sqlite3
import ssl
import sys
import time
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from functools import lru_cache
from select import PIPE_BUF
from typing import Any

import uvloop

from catalyst.services.gateway import metrics as numbers
from catalyst.services.gateway import protocol
from catalyst.services.gateway.app import Gateway
from catalyst.services.gateway.config import Config
from catalyst.services.gateway.outside import Front
from catalyst.services.gateway.posture import Egress
from catalyst.services.gateway.state import State

SWEEP = 5.0  # s until what was begun with a revoked token ends
DRAIN = 3.0  # s that answers under way get at the end
HANDSHAKE = 10.0  # s for TLS


def serve(
    listener: socket.socket, metrics: socket.socket | None, config: Config, state: State, door: int, *,
    posture: Mapping[str, Any], disk: int, tls: ssl.SSLContext | None, egress: Egress,
) -> None:  # fmt: skip
    """Until standard input ends."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        log = Lines(loop)
        state.ask_once_a_turn(loop.call_soon)
        gateway = Gateway(config, state, door, shown=posture, disk=disk, encrypted=tls is not None,
                          egress=egress, log=log)  # fmt: skip
        front = Front(gateway.admit, gateway.pool, protocol.serve(gateway.answer))
        listening = [await loop.create_server(front, sock=listener, backlog=512, ssl=tls,
                                              ssl_handshake_timeout=HANDSHAKE if tls else None)]  # fmt: skip
        if metrics:
            made = protocol.serve(numbers.handler(lambda: numbers.text(gateway.counts, gateway.gauges())))
            listening.append(await loop.create_server(made, sock=metrics))
        beside = [asyncio.create_task(one) for one in (gateway.probe.run(), _sweep(gateway, front))]
        await _listen_to_up(gateway)
        for one in listening:
            one.close()
        gateway.condition.phase = "stopping"
        for task in beside:
            task.cancel()
        await gateway.sockets.end(code=1001)
        await asyncio.gather(front.shutdown(DRAIN), _within(DRAIN, front.server.shutdown(DRAIN)))
        await gateway.close()
        log.write()

    os.set_blocking(sys.stdout.fileno(), False)
    with suppress(KeyboardInterrupt):
        uvloop.run(run())


async def _listen_to_up(gateway: Gateway) -> None:
    """`up` says how things are, one JSON object a line; its end is ours."""
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while True:
        try:
            line = await reader.readline()
        except ValueError:  # longer than the limit
            continue
        if not line:
            pipe.close()
            return
        gateway.condition.told(line)
        if gateway.condition.phase == "stopping":
            await gateway.sockets.end(code=1001)


async def _sweep(gateway: Gateway, front: Front) -> None:
    while True:
        await asyncio.sleep(SWEEP)
        with suppress(OSError, sqlite3.Error):
            await gateway.end_what_is_over()
            front.end_what_is_over()


async def _within(seconds: float, what: Awaitable[None]) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(what, seconds)


class Lines:
    """To standard output, which `up` keeps; a reader that is gone or slow loses lines and stops nothing.

    Those of one turn of the loop are written together, but never more than a pipe takes whole or not at all (pipe(7)).
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._kept: list[bytes] = []

    def __call__(self, line: str) -> None:
        """One more."""
        if not self._kept:
            self._loop.call_soon(self.write)
        self._kept.append(f"{_clock(int(time.time()))} {line}\n".encode(errors="replace")[:PIPE_BUF])

    def write(self) -> None:
        """Those that are kept."""
        lines, self._kept = self._kept, []
        whole = b""
        for line in lines:
            if len(whole) + len(line) > PIPE_BUF:
                _say(whole)
                whole = b""
            whole += line
        _say(whole)


@lru_cache(1)
def _clock(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(second))


def _say(lines: bytes) -> None:
    with suppress(OSError):
        os.write(sys.stdout.fileno(), lines)
