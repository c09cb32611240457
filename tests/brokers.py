"""The real broker over a unix socket, as tests and bench start it, and a client that speaks to it byte by byte."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from catalyst.vault.document import Token
from catalyst.vault.reading import written

SECONDS = 20.0
USER = "1000:1000" if os.geteuid() == 0 else ""


class Broker:
    """A running broker. `folder` holds out.sock, control.sock and the log."""

    def __init__(self, folder: Path, process: "subprocess.Popen[bytes]", answer: dict[str, Any]) -> None:
        self.folder, self.process, self.answer_about_tokens = folder, process, answer

    @property
    def control(self) -> str:
        """The control socket's path."""
        return str(self.folder / "control.sock")

    def send(self, data: bytes) -> socket.socket:
        """A connection to which this was sent."""
        return sent(self.folder / "out.sock", data)

    def connect(self, target: str, *fields: str) -> tuple[int, dict[str, str], socket.socket]:
        """CONNECT, as the guard sends it: status, fields, and the connection."""
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", *fields, "", ""]
        peer = self.send("\r\n".join(lines).encode())
        status, answer = head_of(peer)
        return status, answer, peer

    def answer(self, data: bytes) -> bytes:
        """Everything that comes back until the broker closes."""
        with self.send(data) as peer:
            return drained(peer)

    def log(self) -> list[dict[str, Any]]:
        """The log's lines."""
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines()]


def sent(path: Path, data: bytes) -> socket.socket:
    """A connection to a unix socket, to which this was sent."""
    peer = socket.socket(socket.AF_UNIX)
    try:
        peer.connect(str(path))  # with a time limit it would fail where the listener's queue is full (unix(7), EAGAIN)
        peer.settimeout(SECONDS)
        peer.sendall(data)
    except BaseException:
        peer.close()
        raise
    return peer


def head_of(peer: socket.socket) -> tuple[int, dict[str, str]]:
    """Status and fields of an answer; not a byte behind it is read."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        one = peer.recv(1)
        assert one, f"the broker closed after {data!r}"
        data += one
    first, *lines = data.decode().removesuffix("\r\n\r\n").split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines)


def drained(peer: socket.socket) -> bytes:
    """All bytes until the other side ends; a reset is an end too."""
    data = b""
    with suppress(ConnectionResetError):
        while more := peer.recv(65536):
            data += more
    return data


@contextmanager
def broker(folder: Path, rules: Sequence[str] = (), reach: str = "hosts", *, private: bool = False,
           argv: Sequence[str] = (sys.executable, "-P", "-m", "catalyst.services.broker"),
           tokens: Sequence[Token] | None = None, roots: str = "") -> Iterator[Broker]:  # fmt: skip
    """A broker with this configuration; it ends with the block, and must have lived until then.

    With `tokens` it is given them as `up` would, and `roots` as further authorities.
    """
    configuration = {"version": 1, "reach": reach, "private": private, "rules": list(rules)}
    listeners = [listening(folder / name) for name in ("out.sock", "control.sock")]
    log = os.open(folder / "log", os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    config = os.memfd_create("config")
    os.write(config, json.dumps(configuration).encode())
    os.lseek(config, 0, os.SEEK_SET)
    passed = [listeners[0].fileno(), config, log, listeners[1].fileno()]
    options = [word for pair in zip(("--listener", "--config", "--log", "--control"), map(str, passed),
        strict=True) for word in pair]
    answer, more = None, []
    if tokens is not None:
        answer, say = os.pipe()
        more = [memory(json.dumps(written(tokens)).encode()), say, memory(roots.encode())]
        options += [word for pair in zip(("--tokens", "--answer", "--roots"), map(str, more), strict=True) for word in pair]
    process = subprocess.Popen([*argv, *options, *(["--user", USER] if USER else [])], pass_fds=[*passed, *more],
        stdin=subprocess.PIPE)
    for one in listeners:
        one.close()
    for number in (log, config, *more):
        os.close(number)
    assert process.stdin is not None
    try:
        said = {}
        if answer is not None:
            with os.fdopen(answer, "rb") as pipe:
                said = json.load(pipe)
        yield Broker(folder, process, said)
        assert process.poll() is None, "the broker ended by itself"
    finally:
        process.stdin.close()
        assert process.wait(SECONDS) == 0


def memory(content: bytes) -> int:
    """A descriptor that holds this."""
    descriptor = os.memfd_create("given")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def listening(path: Path) -> socket.socket:
    """A listening unix socket that everybody may connect to."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(512)
    path.chmod(0o666)
    return listener


class Stub:
    """A TCP server on loopback that keeps what reached it. `serve` gets each connection; without it, bytes come back."""

    def __init__(self, serve: Callable[[socket.socket], None] | None = None) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.reached: list[bytes] = []
        self._serve = serve or self._echo
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(peer,), daemon=True).start()

    def _one(self, peer: socket.socket) -> None:
        with peer, suppress(OSError):
            self._serve(peer)

    def _echo(self, peer: socket.socket) -> None:
        while data := peer.recv(65536):
            self.reached.append(data)
            peer.sendall(data)

    def close(self) -> None:
        """Stop."""
        self.listener.close()


@contextmanager
def stub(serve: Callable[[socket.socket], None] | None = None) -> Iterator[Stub]:
    """A stub server for a block."""
    server = Stub(serve)
    try:
        yield server
    finally:
        server.close()
