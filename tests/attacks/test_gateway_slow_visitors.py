"""Visitors who hold connections: silent ones, ones that drip a header a second, too many of them (slowloris)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.web_request import BaseRequest

from catalyst.services.gateway import protocol

GOOD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def answer(_: BaseRequest) -> web.StreamResponse:
    return web.Response(text="ok")


def served(visit: Callable[[int], Awaitable[None]]) -> None:
    """Run `visit` with the port of a server."""

    async def run() -> None:
        server = protocol.serve(answer)
        listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
        await visit(listening.sockets[0].getsockname()[1])
        listening.close()
        await server.shutdown(1)

    asyncio.run(run())


@pytest.mark.parametrize("sent", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX", GOOD + b"GET / HTTP/1.1\r\nX"])
@pytest.mark.parametrize("drip", [b"", b"X: y\r\n"])
def test_a_head_must_be_there_in_time(monkeypatch: pytest.MonkeyPatch, sent: bytes, drip: bytes) -> None:
    monkeypatch.setattr(protocol, "SILENT", 0.5)

    async def visit(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)

        async def go_on() -> None:
            while drip:
                await asyncio.sleep(0.1)
                writer.write(drip)

        dripping = asyncio.create_task(go_on())
        try:
            async with asyncio.timeout(10):  # a hang, not a measurement
                said = await reader.read()
        except ConnectionError:
            said = b""
        finally:
            dripping.cancel()
            writer.transport.abort()
        assert said.count(b"ok") == (1 if sent.startswith(GOOD) else 0)

    served(visit)


def test_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "limit", lambda: 5)

    async def visit(port: int) -> None:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(12)]
        await asyncio.sleep(0.2)
        alive = 0
        for reader, writer in held:
            try:
                writer.write(GOOD)
                alive += b"200" in await reader.readline()
            except ConnectionError:
                pass
            writer.transport.abort()
        assert alive == 5

    served(visit)
