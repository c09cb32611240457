"""Malformed HTTP/1.1 and malformed websocket frames: no crash, nothing reaches ComfyUI without a login, memory flat.

CATALYST_TEST_FUZZ says how many of each; a few by default, 100 000 for a night.
"""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from gateways import Gateway, gateway

MANY = int(os.environ.get("CATALYST_TEST_FUZZ", "1500"))
SEED = 20261124
PIECES = [
    b"GET ", b"POST ", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.", b"/", b"/prompt", b"/ws", b"/../",
    b"%2e%2e", b"%", b"*",
    b"http://evil/", b" ", b"\t", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\0", b"\xff", b":", b"Host: 127.0.0.1\r\n",
    b"Host: x\r\n",
    b"Content-Length: ", b"0", b"5", b"-1", b"99999999999999999999", b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: ",
    b"chunked", b"0\r\n\r\n", b"5\r\nhello\r\n", b"ffffffffffffffff\r\n", b"Connection: upgrade\r\n",
    b"Upgrade: websocket\r\n",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b"Sec-WebSocket-Version: 13\r\n", b"Cookie: catalyst-test=",
    b"Authorization: ",
    b"Bearer ", b"Origin: null\r\n", b"Expect: 100-continue\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"a" * 300,
    b"X: y\r\n",
]  # fmt: skip
BASE = b"POST /prompt HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(tmp_path_factory.mktemp("gateway")) as one:
        yield one


def malformed(chance: random.Random) -> bytes:
    """A request put together of pieces, or a good one with bytes changed, left out, put in or doubled."""
    if chance.random() < 0.5:
        return b"".join(chance.choice(PIECES) for _ in range(chance.randint(1, 30)))
    text = bytearray(BASE)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(text))
        match chance.randrange(4):
            case 0:
                text[at] = chance.randrange(256)
            case 1:
                del text[at : at + chance.randint(1, 4)]
            case 2:
                text[at:at] = chance.choice(PIECES)
            case _:
                text[at:at] = text[at : at + chance.randint(1, 40)]
        text = text or bytearray(b"x")
    return bytes(text)


def send(running: Gateway, sent: bytes) -> None:
    with suppress(OSError), socket.create_connection(("127.0.0.1", running.port), timeout=5) as one:
        one.sendall(sent)
        one.shutdown(socket.SHUT_WR)
        while one.recv(65536):
            pass


def test_requests(running: Gateway) -> None:
    chance = random.Random(SEED)
    for _ in range(MANY // 10):  # warm: what is allocated once is no leak
        send(running, malformed(chance))
    before = running.rss()
    for _ in range(MANY):
        send(running, malformed(chance))
    assert running.process.poll() is None
    assert running.stub.seen == []
    assert running.rss() - before < 16 << 20
    assert running.ask("GET", "/healthz").status == 200


def shake(running: Gateway, token: str) -> socket.socket:
    """An open websocket's connection."""
    one = socket.create_connection(("127.0.0.1", running.port), timeout=5)
    one.sendall(f"GET /ws HTTP/1.1\r\nHost: {running.host}\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\n"
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())  # fmt: skip
    said = b""
    while b"\r\n\r\n" not in said:
        said += one.recv(4096)
    assert b" 101 " in said, said
    return one


def frame(chance: random.Random) -> bytes:
    """Some frame: any opcode and bits, lengths that lie, masked or not."""
    length = chance.choice([0, 1, 125, 126, 127, chance.randrange(128)])
    body = bytes(chance.randrange(256) for _ in range(chance.randrange(140)))
    more = chance.choice([b"", b"\0\5", b"\xff" * 8, b"\0" * 8, chance.randbytes(8)])
    return bytes([chance.randrange(256), chance.randrange(2) << 7 | length]) + more + body


def test_frames(running: Gateway) -> None:
    chance, token = random.Random(SEED), running.token()
    before = running.rss()
    for _ in range(MANY // 5):
        with suppress(OSError), shake(running, token) as one:
            one.sendall(b"".join(frame(chance) for _ in range(5)))
            one.shutdown(socket.SHUT_WR)
            while one.recv(65536):
                pass
    assert running.process.poll() is None
    assert running.rss() - before < 32 << 20
    with shake(running, token) as one:  # and an honest one is carried
        one.sendall(bytes([0x81, 0x82, 0, 0, 0, 0]) + b"hi")
        assert one.recv(64) == b"\x81\x02hi"
