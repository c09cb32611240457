"""What is carried to ComfyUI and back: connections that are used again, large bodies, sides that leave."""

import asyncio
import hashlib
import http.client
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.web_request import BaseRequest

from catalyst.services.gateway import protocol
from catalyst.services.gateway.inside import Pool
from catalyst.services.gateway.outside import Front
from gateways import Gateway, config, drain, gateway, wait

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LARGE = 24 << 20  # well over what goes past Python (gateway/flow.py)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(tmp_path_factory.mktemp("gateway")) as one:
        yield one


@pytest.fixture(autouse=True)
def forgetful(running: Gateway) -> None:
    running.stub.seen.clear()
    running.stub.answer = None


@contextmanager
def kept_open(running: Gateway) -> Iterator[Callable[..., int]]:
    """A visitor who keeps his connection: a function that asks once more and says the status."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)

    def ask(method: str, path: str, **headers: str) -> int:
        connection.request(method, path, headers=headers)
        reply = connection.getresponse()
        reply.read()
        return reply.status

    try:
        yield ask
    finally:
        connection.close()


def test_a_revoked_token_ends_on_an_open_connection(running: Gateway) -> None:
    state = running.state()
    secret = state.make_token("open")
    with kept_open(running) as ask:
        for _ in range(3):
            assert ask("GET", "/x", Authorization=f"Bearer {secret}") == 200
        assert state.revoke_token("open")
        assert ask("GET", "/x", Authorization=f"Bearer {secret}") == 401
    state.close()


def test_a_session_that_was_closed_ends_on_an_open_connection(running: Gateway) -> None:
    cookie = running.cookie()
    with kept_open(running) as ask:
        assert ask("GET", "/x", Cookie=cookie) == 200
        assert running.ask("POST", "/catalyst/logout", "", Origin=running.url, Cookie=cookie).status == 200
        assert ask("GET", "/x", Cookie=cookie) == 401
    cookie = running.cookie()
    with kept_open(running) as ask:
        assert ask("GET", "/x", Cookie=cookie) == 200
        state = running.state()
        state.set_password("x")  # which ends every session
        state.close()
        assert ask("GET", "/x", Cookie=cookie) == 401


def test_one_connection_serves_many(running: Gateway) -> None:
    """Ours to ComfyUI as the visitor's to us."""
    peers = set()

    async def answer(request: BaseRequest) -> web.Response:
        peers.add(id(request.transport))
        return web.Response(text="x")

    running.stub.answer, token = answer, running.token()
    with kept_open(running) as ask:
        assert {ask("GET", f"/{number}", Authorization=f"Bearer {token}") for number in range(20)} == {200}
    assert len(running.stub.seen) == 20
    assert len(peers) <= 2


def test_requests_in_a_row_are_answered_in_order(running: Gateway) -> None:
    """Sent at once; one of our own pages ends the connection, and what stood behind it with it."""
    head = f"Host: {running.host}\r\nAuthorization: Bearer {running.token()}\r\n\r\n"
    got = running.raw("".join(f"GET /{name} HTTP/1.1\r\n{head}" for name in ("a", "b", "catalyst/state", "c")).encode())
    assert got.count(b"HTTP/1.1 200 OK") == 3
    assert got.index(b'"/a"') < got.index(b'"/b"') < got.index(b'"state"')
    assert [one["target"] for one in running.stub.seen] == ["/a", "/b"]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("more", ["", "Connection: close\r\n"])
def test_when_the_connection_ends(running: Gateway, version: str, more: str) -> None:
    async def answer(request: BaseRequest) -> web.StreamResponse:
        reply = web.StreamResponse()  # of no length
        await reply.prepare(request)
        await reply.write(b"half")
        await reply.write(b"whole")
        return reply

    running.stub.answer = answer
    head = f"GET /x HTTP/{version}\r\nHost: {running.host}\r\nAuthorization: Bearer {running.token()}\r\n{more}\r\n"
    got = running.raw(head.encode(), 2.0)
    framed = b"Transfer-Encoding: chunked" in got
    assert framed is (version == "1.1")
    assert got.endswith(b"halfwhole" if not framed else b"0\r\n\r\n")
    assert (b"Connection: close" in got) is (version == "1.0" or bool(more))


# Large bodies


def test_a_large_body_arrives_as_it_was(running: Gateway) -> None:
    content = os.urandom(LARGE)
    came: list[str] = []

    async def take(request: BaseRequest) -> web.StreamResponse:
        if request.method == "GET":
            return web.Response(body=content)
        hashed = hashlib.sha256()
        async for chunk in request.content.iter_any():
            hashed.update(chunk)
        came.append(hashed.hexdigest())
        return web.json_response({})

    running.stub.answer, token = take, running.token()
    head = f"Host: {running.host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\nContent-Length: {LARGE}\r\n\r\n"
    before, open_before = running.rss(), descriptors(running)
    for _ in range(3):
        assert running.ask("POST", "/upload/image", content, Authorization=f"Bearer {token}").status == 200
        assert running.ask("GET", "/view", Authorization=f"Bearer {token}").body == content
        assert b" 200 OK" in running.raw(f"POST /upload/image HTTP/1.1\r\n{head}".encode() + content, 30.0)  # in one piece
    assert came == [hashlib.sha256(content).hexdigest()] * 6
    assert running.rss() - before < 16 << 20  # bytes that never enter Python take no memory of it
    wait(lambda: descriptors(running) <= open_before + 2)


def test_a_request_after_a_large_body_is_its_own(running: Gateway) -> None:
    head = f"Host: {running.host}\r\nAuthorization: Bearer {running.token()}\r\n"
    first = f"POST /first HTTP/1.1\r\n{head}Content-Length: {LARGE}\r\n\r\n".encode() + b"x" * LARGE
    got = running.raw(first + f"GET /second HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode(), 30.0)
    assert got.count(b"HTTP/1.1 200 OK") == 2
    assert f'"length": {LARGE}'.encode() in got
    assert [one["target"] for one in running.stub.seen] == ["/first", "/second"]


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_visitor_who_leaves_in_the_middle(running: Gateway, way: str) -> None:
    gone: list[str] = []

    async def serve(request: BaseRequest) -> web.StreamResponse:
        try:
            if way == "up":
                await drain(request)
            reply = web.StreamResponse(headers={"Content-Length": str(LARGE * 8)})
            await reply.prepare(request)
            for _ in range(8):
                await reply.write(b"x" * LARGE)
        except BaseException:  # cancelled, or one of several errors
            gone.append(way)
            raise
        return reply

    running.stub.answer, before = serve, descriptors(running)
    head = f"Host: {running.host}\r\nAuthorization: Bearer {running.token()}\r\n"
    with socket.create_connection(("127.0.0.1", running.port)) as one:
        if way == "up":
            one.sendall(f"POST /upload HTTP/1.1\r\n{head}Content-Length: {LARGE * 2}\r\n\r\n".encode() + b"x" * LARGE)
        else:
            one.sendall(f"GET /view HTTP/1.1\r\n{head}\r\n".encode())
            assert one.recv(65536)
            assert one.recv(65536)
    wait(lambda: gone == [way])  # ComfyUI hears of it
    wait(lambda: descriptors(running) <= before + 2)
    wait(lambda: " 499 " in running.log.read_text().splitlines()[-1])


@contextmanager
def in_comfyuis_place(running: Gateway, serve: Callable[[socket.socket, int], None]) -> Iterator[None]:
    """`serve` gets each connection to the door, and its number. Those that the gateway has already are all in use."""
    head = f"GET /slow HTTP/1.1\r\nHost: {running.host}\r\nAuthorization: Bearer {running.token()}\r\n\r\n".encode()
    taken = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(4)]
    for one in taken:
        one.sendall(head)
    wait(lambda: sum(one["target"] == "/slow" for one in running.stub.seen) == len(taken))
    path = running.folder.parent / "door/in.sock"
    path.rename(path.with_suffix(".kept"))

    def accept(listener: socket.socket) -> None:
        number = 0
        with suppress(OSError):
            while True:
                one, _ = listener.accept()
                # The probe has connections of its own, and says so.
                if b"GET /system_stats" in one.recv(65536, socket.MSG_PEEK):
                    one.sendall(OK)
                    one.close()
                else:
                    threading.Thread(target=quietly, args=(serve, one, number), daemon=True).start()
                    number += 1

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for one in taken:
                one.close()
    path.with_suffix(".kept").rename(path)


def quietly(serve: Callable[[socket.socket, int], None], one: socket.socket, number: int) -> None:
    with one, suppress(OSError):
        serve(one, number)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Gateway]:
    """One that has no connection to ComfyUI yet but the probe's."""
    with gateway(tmp_path, config()) as one:
        yield one


def test_comfyui_leaves_in_the_middle(alone: Gateway) -> None:
    """What broke off does not end as a whole answer would, and an upload that broke off is told."""

    def serve(one: socket.socket, _: int) -> None:
        if b"POST" in one.recv(65536):
            return
        one.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n".encode() + b"x" * (LARGE // 2))

    token, before = alone.token(), descriptors(alone)
    with in_comfyuis_place(alone, serve):
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            alone.ask("GET", "/view", Authorization=f"Bearer {token}")
        with suppress(BrokenPipeError, ConnectionResetError):  # it hung up before we had sent all: as good an answer
            assert alone.ask("POST", "/upload", b"x" * LARGE, Authorization=f"Bearer {token}").status == 502
    wait(lambda: descriptors(alone) <= before + 2)
    assert alone.ask("GET", "/healthz").status == 200


def test_an_answer_before_all_was_sent(alone: Gateway) -> None:
    """As ComfyUI's 413: it is passed on, and the rest of the body is not taken for a request."""
    said = b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge"

    def serve(one: socket.socket, _: int) -> None:
        one.recv(65536)
        one.sendall(said)
        while one.recv(65536):
            pass

    with in_comfyuis_place(alone, serve):
        head = f"Host: {alone.host}\r\nAuthorization: Bearer {alone.token()}\r\n"
        with socket.create_connection(("127.0.0.1", alone.port), timeout=30) as one:
            one.sendall(f"POST /upload HTTP/1.1\r\n{head}Content-Length: {LARGE}\r\n\r\n".encode() + b"x" * 100)
            got = b""
            while not got.endswith(b"large"):
                got += one.recv(65536)
            assert got.startswith(b"HTTP/1.1 413 Too Large\r\n")
            assert b"Connection: close" in got
            with suppress(OSError):  # it may have hung up
                one.sendall(f"GET /smuggled HTTP/1.1\r\n{head}\r\n".encode())
            assert one.recv(65536) == b""
    assert not [one for one in alone.stub.seen if "smuggled" in one["target"]]


@pytest.mark.parametrize(("method", "status", "asked"), [("GET", 200, 2), ("HEAD", 200, 2), ("POST", 502, 1)])
def test_a_connection_that_was_closed_meanwhile(alone: Gateway, method: str, status: int, asked: int) -> None:
    """ComfyUI closes an old connection at the moment a request is sent: what changes nothing is asked again, once."""
    came: list[bytes] = []

    def serve(one: socket.socket, number: int) -> None:
        while begun := one.recv(65536):
            came.append(begun)
            if number == 0 and len(came) > 1:
                return
            one.sendall(OK if b"HEAD" not in begun else OK.removesuffix(b"{}"))

    with in_comfyuis_place(alone, serve):
        token = alone.token()
        assert alone.ask("GET", "/first", Authorization=f"Bearer {token}").status == 200
        assert alone.ask(method, "/x", Authorization=f"Bearer {token}").status == status
        assert len(came) == 1 + asked


def test_what_comes_behind_an_answer_is_nobodys(alone: Gateway) -> None:
    def serve(one: socket.socket, _: int) -> None:
        while one.recv(65536):
            one.sendall(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")

    with in_comfyuis_place(alone, serve):
        token = alone.token()
        for _ in range(5):
            assert alone.ask("GET", "/x", Authorization=f"Bearer {token}").body != b"evil"


# Silence


@pytest.mark.parametrize("sent", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX"])
@pytest.mark.parametrize("drip", [b"", b"X: y\r\n"])
def test_a_head_must_be_there_in_time(monkeypatch: pytest.MonkeyPatch, sent: bytes, drip: bytes) -> None:
    """As in test_gateway_slow_visitors.py, for the connections that are not aiohttp's."""
    monkeypatch.setattr(protocol, "SILENT", 0.5)

    async def nobody(_: BaseRequest) -> web.StreamResponse:
        return web.Response(text="ok")

    async def run() -> bytes:
        front = Front(lambda asked, peer: None, Pool(-1), protocol.serve(nobody))
        listening = await asyncio.get_running_loop().create_server(front, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", listening.sockets[0].getsockname()[1])
        writer.write(sent)

        async def go_on() -> None:
            while drip:
                await asyncio.sleep(0.1)
                writer.write(drip)

        dripping = asyncio.create_task(go_on())
        try:
            async with asyncio.timeout(10):  # a hang, not a measurement
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            dripping.cancel()
            writer.transport.abort()
            listening.close()
            await front.shutdown(1)

    assert asyncio.run(run()) == b""


def test_no_more_connections_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours and aiohttp's are counted together."""
    monkeypatch.setattr(protocol, "limit", lambda: 5)

    async def never(_: BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    async def run() -> int:
        front = Front(lambda asked, peer: None, Pool(-1), protocol.serve(never))
        listening = await asyncio.get_running_loop().create_server(front, "127.0.0.1", 0)
        held = []
        for number in range(12):
            held.append(await asyncio.open_connection("127.0.0.1", listening.sockets[0].getsockname()[1]))
            if number % 2:
                held[-1][1].write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        alive = 0
        for reader, _ in held:
            try:
                async with asyncio.timeout(0.3):
                    await reader.read(1)
            except TimeoutError:
                alive += 1
            except ConnectionError:
                pass
        for _, writer in held:
            writer.transport.abort()
        listening.close()
        await front.server.shutdown(0.1)
        return alive

    assert asyncio.run(run()) == 5


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.1\nHost: x\n\n", b"a" * (70 << 10)])
def test_what_will_be_no_request_is_answered_at_once(running: Gateway, sent: bytes) -> None:
    """A browser that speaks TLS to us is not left waiting for SILENT seconds."""
    assert running.raw(sent, 10.0).startswith(b"HTTP/1.")


def descriptors(running: Gateway) -> int:
    return len(list(Path(f"/proc/{running.process.pid}/fd").iterdir()))
