"""A gateway process of its own, with a door that leads to a server of the test's: no sandbox, no root, no network."""

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from aiohttp import WSMsgType, web
from aiohttp.web_request import BaseRequest

from catalyst.services.gateway.config import Config
from catalyst.services.gateway.state import Lives, State

Handler = Callable[[BaseRequest], Awaitable[web.StreamResponse]]
HOUR = 3600.0
POSTURE = {
    "facts": {"security level": "high", "network mode": "isolated"},
    "controls": [
        {"id": "identity", "title": "an ordinary user", "overall": "enforced",
         "layers": {"outer": "enforced", "inner": "partly (<b>only</b> the uid)"}},
    ],
    "verify": None,
}  # fmt: skip


def config(**changes: Any) -> Config:
    given: dict[str, Any] = {"id": "test", "level": 0, "hosts": (), "proxies": (), "most_upload": 64 << 20,
                             "lives": Lives(HOUR, 24 * HOUR), "tls": "off", "wiping": False}  # fmt: skip
    return Config(**{**given, **changes})


@dataclass
class Stub:
    """What stands for ComfyUI: remembers what reached it, answers as told."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    answer: Handler | None = None
    works: bool = True

    async def __call__(self, request: BaseRequest) -> web.StreamResponse:
        if request.raw_path == "/system_stats" and "User-Agent" not in request.headers:  # the probe
            return web.json_response({}, status=200 if self.works else 500)
        self.seen.append({"method": request.method, "target": request.raw_path, "headers": list(request.headers.items())})
        if self.answer:
            return await self.answer(request)
        if "Upgrade" in request.headers:
            return await echo(request)
        if request.method == "GET" and request.raw_path == "/slow":
            await asyncio.sleep(3600)
        return web.json_response({"path": request.raw_path, "length": await drain(request)})


async def drain(request: BaseRequest) -> int:
    """Read a body without keeping it; its length."""
    length = 0
    async for chunk in request.content.iter_any():
        length += len(chunk)
    return length


async def echo(request: BaseRequest) -> web.WebSocketResponse:
    """Send every message back."""
    made = web.WebSocketResponse(max_msg_size=256 << 20)
    await made.prepare(request)
    async for message in made:
        if message.type is WSMsgType.TEXT:
            await made.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await made.send_bytes(message.data)
    return made


@contextmanager
def serving(folder: Path, stub: Handler) -> Iterator[None]:
    """`stub` behind the socket in `folder`, in a thread with a loop of its own."""
    ready, ends = threading.Event(), threading.Event()
    hold: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def run() -> None:
        stop = asyncio.Event()
        hold.append((asyncio.get_running_loop(), stop))
        server = web.Server(stub, auto_decompress=False)
        listening = await asyncio.get_running_loop().create_unix_server(server, str(folder / "in.sock"), backlog=2048)
        ready.set()
        await stop.wait()
        listening.close()
        await server.shutdown(0.1)

    def whole() -> None:
        asyncio.run(run())
        ends.set()

    threading.Thread(target=whole, daemon=True).start()
    assert ready.wait(10)
    try:
        yield
    finally:
        hold[0][0].call_soon_threadsafe(hold[0][1].set)
        assert ends.wait(20)
        (folder / "in.sock").unlink(missing_ok=True)


@dataclass
class Gateway:
    """A running one. `log` is what it said about requests."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    port: int
    metrics: int
    stub: Stub
    log: Path

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def state(self) -> State:
        """As the command line has it."""
        return State(self.folder)

    def say(self, **words: Any) -> None:
        """What `up` tells it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> "Answer":
        """One request on a connection of its own; `Content_Type` stands for Content-Type."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
            reply = connection.getresponse()
            return Answer(reply.status, dict(reply.getheaders()), reply.read())
        finally:
            connection.close()

    def raw(self, sent: bytes, wait: float = 5.0) -> bytes:
        """Bytes as they are, and what comes back until the other side ends or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as one:
            with suppress(OSError):
                one.sendall(sent)
            got = b""
            with suppress(OSError):
                while chunk := one.recv(65536):
                    got += chunk
            return got

    def token(self) -> str:
        state = self.state()
        try:
            secret = state.make_token(f"t{os.urandom(4).hex()}")
        finally:
            state.close()
        assert secret
        return secret

    def link(self) -> str:
        state = self.state()
        try:
            return state.make_link()
        finally:
            state.close()

    def cookie(self) -> str:
        """Log in by link; what the Cookie header must be."""
        answer = self.ask("POST", "/catalyst/login", f"link={self.link()}", Origin=self.url)
        assert answer.status == 303, answer
        return answer.headers["Set-Cookie"].partition(";")[0]

    def rss(self) -> int:
        """Bytes resident."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS"))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@contextmanager
def gateway(
    folder: Path, made: Config | None = None, *, stub: Stub | None = None, ready: bool = True, words: tuple[str, ...] = (),
) -> Iterator[Gateway]:  # fmt: skip
    """A gateway in `folder` that carries to `stub`, told that all is ready."""
    stub, door = stub or Stub(), folder / "door"
    door.mkdir()
    state = folder / "state"
    state.mkdir(mode=0o700)
    with serving(door, stub), (folder / "visits").open("wb") as log, socket.create_server(("127.0.0.1", 0)) as listener, \
            socket.create_server(("127.0.0.1", 0)) as metrics:  # fmt: skip
        port, numbers = listener.getsockname()[1], metrics.getsockname()[1]
        process = start(made or config(), door, state, listener, metrics, log, words)
        running = Gateway(process, state, port, numbers, stub, folder / "visits")
        try:
            listener.close()
            metrics.close()
            if ready:
                running.say(state="ready")
                wait(lambda: running.ask("GET", "/readyz").status == 200)
                wait(lambda: running.ask("GET", "/x", Authorization=f"Bearer {running.token()}").status == 200)
                stub.seen.clear()
            else:
                wait(lambda: running.ask("GET", "/healthz").status == 200)
            yield running
        finally:
            if process.stdin:
                with suppress(OSError):
                    process.stdin.close()
            assert process.wait(15) == 0, "the gateway crashed"


def start(
    made: Config, door: Path, state: Path, listener: socket.socket, metrics: socket.socket, log: IO[bytes],
    words: tuple[str, ...],
) -> "subprocess.Popen[bytes]":  # fmt: skip
    opened = {"listener": listener.fileno(), "metrics": metrics.fileno(), "door": os.open(door, os.O_PATH),
              "state": os.open(state, os.O_PATH), "disk": os.open(state, os.O_PATH),
              "config": document(made.encode()), "posture": document(json.dumps(POSTURE).encode())}  # fmt: skip
    argv = [sys.executable, "-P", "-X", "dev", "-m", "catalyst.services.gateway", *words]
    argv += [word for name, number in opened.items() for word in (f"--{name}", str(number))]
    try:
        return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=log, pass_fds=list(opened.values()),
                                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")})  # fmt: skip
    finally:
        for name, number in opened.items():
            if name not in {"listener", "metrics"}:
                os.close(number)


def document(content: bytes) -> int:
    descriptor = os.memfd_create("test")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def wait(condition: Callable[[], object], patience: float = 20.0) -> None:
    end = time.monotonic() + patience
    while True:
        with suppress(OSError, http.client.HTTPException):
            if condition():
                return
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
