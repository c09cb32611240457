"""500 websockets and 200 uploads at once: bounded memory, nothing dropped. And a visitor who does not read."""

import asyncio
import io
import os
from pathlib import Path

import aiohttp
from aiohttp import web
from aiohttp.web_request import BaseRequest

from gateways import Gateway, Stub, config, gateway, wait

SOCKETS, UPLOADS, SIZE = 500, 200, 2 << 20
PREVIEW = os.urandom(100_000)


async def load(running: Gateway, token: str) -> tuple[int, int]:
    """How many messages came back and how many uploads arrived whole."""
    headers = {"Authorization": f"Bearer {token}"}
    body = os.urandom(SIZE)
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as session:
        sockets = await asyncio.gather(*(session.ws_connect(f"{running.url}/ws") for _ in range(SOCKETS)))

        async def talk(one: "aiohttp.ClientWebSocketResponse[bool]") -> int:
            for _ in range(3):
                await one.send_bytes(PREVIEW)
            return sum([(await one.receive_bytes()) == PREVIEW for _ in range(3)])

        async def upload() -> bool:
            async with session.post(f"{running.url}/upload/image", data=io.BytesIO(body)) as reply:
                return bool((await reply.json())["length"] == SIZE)

        done = await asyncio.gather(*map(talk, sockets), *(upload() for _ in range(UPLOADS)))
        await asyncio.gather(*(one.close() for one in sockets))
    return sum(done[:SOCKETS]), sum(done[SOCKETS:])


def test_everything_arrives_in_bounded_memory(tmp_path: Path) -> None:
    with gateway(tmp_path, config()) as running:
        before = running.rss()
        came, arrived = asyncio.run(load(running, running.token()))
        assert (came, arrived) == (3 * SOCKETS, UPLOADS)
        # 550 MB went through; each connection may hold a few buffers of 256 KiB.
        assert running.rss() - before < 400 << 20
        text = running.log.read_text()
        assert text.count("/upload/image") == UPLOADS
        assert " 5" not in {line.rsplit(" ", 2)[1] for line in text.splitlines()}


def test_a_visitor_who_does_not_read_holds_the_sender(tmp_path: Path) -> None:
    """Back-pressure: what ComfyUI sends is taken as fast as the visitor takes it, not kept here."""
    sent = 0
    stub = Stub()

    async def flood(request: BaseRequest) -> web.StreamResponse:
        nonlocal sent
        if "Upgrade" in request.headers:
            made = web.WebSocketResponse()
            await made.prepare(request)
            for _ in range(2000):
                await made.send_bytes(PREVIEW)
                sent += len(PREVIEW)
            return made
        reply = web.StreamResponse()
        await reply.prepare(request)
        for _ in range(2000):
            await reply.write(PREVIEW)
            sent += len(PREVIEW)
        return reply

    with gateway(tmp_path, config(), stub=stub) as running:
        stub.answer = flood
        token, before = running.token(), running.rss()

        async def silent(upgrade: str) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port, limit=1024)
            login = f"Host: {running.host}\r\nAuthorization: Bearer {token}\r\n"
            writer.write(f"GET /ws HTTP/1.1\r\n{login}{upgrade}\r\n".encode())
            await reader.readline()
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport can
            last = -1
            while last != sent:
                last = sent
                await asyncio.sleep(0.5)
            writer.transport.abort()

        shake = ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")  # fmt: skip
        for upgrade in ("", shake):
            sent = 0
            asyncio.run(silent(upgrade))
            assert 0 < sent < 60 << 20  # of 200 MB; the kernel's socket buffers hold some
            assert running.rss() - before < 48 << 20
        wait(lambda: running.ask("GET", "/healthz").status == 200)
