"""ComfyUI's side is in the attacker's hands: answers that are none, doors that lead nowhere. The gateway stays up, its
memory bounded, and says so to the visitor."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from gateways import Gateway, gateway, wait

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(tmp_path_factory.mktemp("gateway")) as one:
        yield one


@contextmanager
def exchanged(running: Gateway, answer: bytes, *, forever: bool = False) -> Iterator[None]:
    """In the door's place a socket that answers everything with `answer`: its folder is the workload's."""
    path = running.folder.parent / "door/in.sock"
    path.rename(path.with_suffix(".kept"))
    stop = threading.Event()

    def serve(one: socket.socket) -> None:
        with one, suppress(OSError):
            one.recv(65536)
            one.sendall(answer)
            while forever and not stop.is_set():
                one.sendall(answer)

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                one, _ = listener.accept()
                threading.Thread(target=serve, args=(one,), daemon=True).start()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        try:
            yield
        finally:
            stop.set()
            listener.shutdown(socket.SHUT_RDWR)
    path.with_suffix(".kept").rename(path)


@pytest.mark.parametrize("answer", [
    b"", b"\0" * 1000, b"HTTP/1.1 999 x\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 \xff\xfe\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx",
    b"HTTP/1.1 100 Continue\r\n\r\n" * 100, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n", b"HTTP/0.9",
    b"SSH-2.0-x\r\n",
], ids=range(14))  # fmt: skip
def test_answers_that_are_none(running: Gateway, answer: bytes) -> None:
    token = running.token()
    with exchanged(running, answer):
        for path in ("/x", "/view"):
            login = f"Host: {running.host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
            head = f"GET {path} HTTP/1.1\r\n{login}\r\n"
            said = running.raw(head.encode(), 8.0)
            assert b"\r\n\r\n" not in said or said.split()[1] in {b"200", b"502", b"503", b"500"}, said[:200]
            assert b"Set-Cookie" not in said
    assert running.ask("GET", "/healthz").status == 200


def test_a_flood_of_headers_is_bounded(running: Gateway) -> None:
    before, token = running.rss(), running.token()
    with exchanged(running, b"HTTP/1.1 200 OK\r\nX: " + b"a" * 60_000 + b"\r\nX", forever=True):
        for _ in range(10):
            running.raw(f"GET /x HTTP/1.1\r\nHost: {running.host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode(), 0.5)
    assert running.rss() - before < 64 << 20


def test_a_door_whose_queue_is_full(running: Gateway) -> None:
    """Nobody accepts: an ordinary connect() would wait for ever, and with it the gateway for everybody."""
    path, token = running.folder.parent / "door/in.sock", running.token()
    # What the gateway has open already is taken, so that it must enter.
    head = f"GET /slow HTTP/1.1\r\nHost: {running.host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    taken = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(8)]
    for one in taken:
        one.sendall(head)
    wait(lambda: sum(one["target"] == "/slow" for one in running.stub.seen) == len(taken))
    path.rename(path.with_suffix(".kept"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(0)
        held = []
        for _ in range(4):  # until the queue is full
            one = socket.socket(socket.AF_UNIX)
            one.setblocking(False)
            with suppress(BlockingIOError):
                one.connect(str(path))
            held.append(one)
        began = time.monotonic()
        asked = threading.Thread(target=running.ask, args=("GET", "/x"), kwargs={"Authorization": f"Bearer {token}"})
        asked.start()
        assert running.ask("GET", "/healthz").status == 200  # the others are served
        assert time.monotonic() - began < 4
        asked.join(20)
        assert not asked.is_alive()
        for one in (*held, *taken):
            one.close()
    path.unlink()
    path.with_suffix(".kept").rename(path)


@pytest.mark.parametrize("kind", ["link", "pipe", "file", "folder", "nothing"])
def test_a_door_that_is_none(running: Gateway, kind: str, tmp_path: Path) -> None:
    path, token = running.folder.parent / "door/in.sock", running.token()
    path.rename(path.with_suffix(".kept"))
    match kind:
        case "link":
            path.symlink_to(path.with_suffix(".kept"))
        case "pipe":
            os.mkfifo(path)
        case "file":
            path.touch()
        case "folder":
            path.mkdir()
        case _:
            pass
    try:
        answer = running.ask("GET", "/x", Authorization=f"Bearer {token}", Connection="close")
        assert answer.status in {200, 502, 503}  # 200: over a connection from before
        assert running.ask("GET", "/healthz").status == 200
    finally:
        if kind == "folder":
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        path.with_suffix(".kept").rename(path)


@pytest.mark.parametrize("report", [b"", b"{", b"[" * 100_000, b'{"state": 7}', b'{"state": "' + b"x" * 9000, b"\0",
b"[]", b"null"])
def test_a_guards_report_that_is_none(running: Gateway, report: bytes) -> None:
    (running.folder.parent / "door/guard.json").write_bytes(report)
    running.stub.works = False
    try:
        cookie = running.cookie()
        assert running.ask("GET", "/catalyst/state", Cookie=cookie).status == 200
        assert running.ask("GET", "/catalyst", Cookie=cookie).status == 200
    finally:
        running.stub.works = True
        (running.folder.parent / "door/guard.json").unlink()
