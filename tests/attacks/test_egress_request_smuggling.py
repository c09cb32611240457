"""Requests that two readers understand differently: one decides by the first host, the other goes to the second."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from brokers import Broker, Stub, broker, head_of, stub

GOOD = "localhost"


@pytest.fixture(scope="module")
def allowed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Broker, Stub]]:
    """A broker, and the one server that may be reached through it."""
    with stub() as server, broker(tmp_path_factory.mktemp("broker"), [f"{GOOD}+loopback:{server.port}"]) as running:
        yield running, server


@pytest.mark.parametrize(
    "text",
    [
        "POST http://{good}/ HTTP/1.1\r\nHost: {good}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
        "POST http://{good}/ HTTP/1.1\r\nHost: {good}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST http://{good}/ HTTP/1.1\r\nHost: {good}\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST http://{good}/ HTTP/1.1\r\nHost: {good}\r\nContent-Length: 0\r\nContent-Length: 30\r\n\r\n",
        "GET http://{good}/ HTTP/1.1\r\nHost: evil.org\r\n\r\n",
        "GET http://{good}/ HTTP/1.1\r\nHost: {good}\r\nHost: evil.org\r\n\r\n",
        "GET http://evil.org/ HTTP/1.1\r\nHost: {good}\r\n\r\n",
        "GET http://{good}@evil.org/ HTTP/1.1\r\nHost: {good}\r\n\r\n",
        "GET http://evil.org@{good}/ HTTP/1.1\r\nHost: {good}\r\n\r\n",
        "GET http://{good}/ HTTP/1.1\r\nHost: {good}\r\nX: a\r\n Host: evil.org\r\n\r\n",
        "GET http://{good}/ HTTP/1.1\r\nHost: {good}\nX: b\r\n\r\n",
        "GET http://{good}/ HTTP/1.1\r\nHost: {good}\rX: b\r\n\r\n",
        "GET http://{good}/\0 HTTP/1.1\r\nHost: {good}\r\n\r\n",
        "GET http://{good}/ HTTP/1.1\r\nHost: {good}\r\nX\0: b\r\n\r\n",
        "GET http://{good}/ HTTP/1.1\r\nHost : {good}\r\n\r\n",
        "GET http://{good}/ HTTP/1.1\r\nHost: {good}\r\nConnection: host\r\n\r\n",
        "GET http://{good}/ HTTP/1.1\r\nHost: {good}\r\n\r\nGET http://evil.org/ HTTP/1.1\r\nHost: evil.org\r\n\r\n",
        "GET https://{good}/ HTTP/1.1\r\nHost: {good}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: {good}\r\n\r\n",
        "CONNECT {good} HTTP/1.1\r\nHost: evil.org:443\r\n\r\n",
        "CONNECT {good} HTTP/1.1\r\nHost: {good}\r\n\r\nGET / HTTP/1.1\r\nHost: evil.org\r\n\r\n",
        "CONNECT evil.org@{good} HTTP/1.1\r\nHost: {good}\r\n\r\n",
        "CONNECT {good} HTTP/1.1\r\nHost: {good}\r\nContent-Length: 10\r\n\r\n",
    ],
)  # fmt: skip
def test_it_is_refused_and_reaches_nobody(allowed: tuple[Broker, Stub], text: str) -> None:
    running, server = allowed
    answer = running.answer(text.format(good=f"{GOOD}:{server.port}").encode())
    assert answer.split()[1] == b"400", answer
    assert server.reached == []
    assert {line["verdict"] for line in running.log()} == {"malformed"}


def page(running: Broker, port: int, request: str) -> bytes:
    return running.answer(request.format(good=f"{GOOD}:{port}").encode())


def test_one_request_is_carried_and_the_next_one_is_not(tmp_path: Path) -> None:
    """The positive control, and a server that answers by keeping the connection open."""
    reached: list[bytes] = []

    def serve(peer: socket.socket) -> None:
        reached.append(peer.recv(65536))
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\nKeep-Alive: a\r\n\r\nhi")
        peer.settimeout(1)
        reached.append(peer.recv(65536))

    with stub(serve) as server, broker(tmp_path, [f"{GOOD}+loopback:{server.port}"]) as running:
        good = f"{GOOD}:{server.port}"
        request = f"POST http://{good}/a?token=secret HTTP/1.1\r\nHost: {good}\r\nContent-Length: 2\r\n\r\nab"
        with running.send(request.encode()) as peer:
            status, fields = head_of(peer)
            assert (status, fields["Connection"]) == (200, "close")
            assert "keep-alive" not in {name.lower() for name in fields}
            assert peer.recv(2) == b"hi"
            peer.sendall(b"GET http://evil.org/ HTTP/1.1\r\nHost: evil.org\r\n\r\n")
            with suppress(ConnectionResetError):  # what it did not read is left in the kernel
                while peer.recv(100):
                    pass
        assert reached[0].startswith(b"POST /a?token=secret HTTP/1.1\r\nHost: ")
        assert b"".join(reached).endswith(b"\r\n\r\nab")  # the body may come by itself; nothing comes after it
        assert "secret" not in (tmp_path / "log").read_text()


def test_a_redirect_is_handed_back_and_its_target_is_decided_like_any_other(tmp_path: Path) -> None:
    """A host that is allowed answers with the address of the metadata service; the client follows."""

    def serve(peer: socket.socket) -> None:
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n")

    with stub(serve) as server, broker(tmp_path, [f"{GOOD}+loopback:{server.port}"], reach="internet") as running:
        first = page(running, server.port, "GET http://{good}/ HTTP/1.1\r\nHost: {good}\r\n\r\n")
        assert first.startswith(b"HTTP/1.1 302")
        second = running.answer(b"GET http://169.254.169.254/latest/ HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n")
        assert second.startswith(b"HTTP/1.1 403")
        assert b"cloud metadata" in second
