"""Data carried out in names: `SECRET.evil.org` asked of a resolver that forwards. Ours asks nobody."""

import socket
import struct
from contextlib import suppress
from pathlib import Path

from brokers import Broker, broker, drained, head_of, stub
from support import wait_for


def question(name: str, kind: int = 1) -> bytes:
    """A query, with the two bytes of length before it."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    message = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", kind, 1)
    return len(message).to_bytes(2) + message


def resolver(running: Broker, server: str = "127.0.0.1:53") -> socket.socket:
    """A connection to the resolver, as the guard opens it."""
    status, _, peer = running.connect(server)
    assert status == 200
    return peer


def answered(peer: socket.socket) -> bytes:
    """One message."""
    wanted = int.from_bytes(peer.recv(2, socket.MSG_WAITALL))
    return peer.recv(wanted, socket.MSG_WAITALL)


def ask(peer: socket.socket, name: str, kind: int = 1) -> tuple[int, str | None]:
    """The code, and the address if there is one."""
    peer.sendall(question(name, kind))
    found = answered(peer)
    address = socket.inet_ntoa(found[-4:]) if struct.unpack_from("!H", found, 6)[0] else None
    return found[3] & 15, address


def test_an_allowed_name_gets_an_address_that_leads_to_it(tmp_path: Path) -> None:
    """The positive control: what the guard does for a program that calls connect()."""
    with stub() as server, broker(tmp_path, [f"localhost+loopback:{server.port}"]) as running:
        with resolver(running) as peer:
            code, address = ask(peer, "localhost")
            assert code == 0
            assert address is not None
            assert address.startswith(("198.18.", "198.19."))
            assert ask(peer, "localhost", 28) == (0, None)
            assert ask(peer, "LOCALHOST") == (0, address)
        status, _, peer = running.connect(f"{address}:{server.port}")
        with peer:
            assert status == 200
            peer.sendall(b"x")
            assert peer.recv(1) == b"x"
        status, _, peer = running.connect(f"{address}:{server.port % 65535 + 1}")
        peer.close()
        assert status == 403
        wait_for(lambda: [line["host"] for line in running.log() if line["verdict"] == "allowed"] == ["localhost"],
                 "the connection is written down by its name")  # fmt: skip


def test_no_query_leaves(tmp_path: Path) -> None:
    """Names, TXT, a long chain of labels, another server's address: no answer, no packet, whatever the port 53 is of."""
    secret = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 40])
    with broker(tmp_path, ["example.org", "*.example.org"]) as running:
        for server in ("127.0.0.1:53", "8.8.8.8:53", "[2001:4860:4860::8888]:53", "ns.evil.org:53"):
            with resolver(running, server) as peer:
                for kind in (1, 28, 16, 15, 10, 255):
                    assert ask(peer, secret, kind) == (3, None)
                    assert ask(peer, "secret.evil.org", kind) == (3, None)
                assert ask(peer, "secret.example.org", 16) == (0, None), "allowed, and still nobody is asked"
        assert not [child for child in _sockets(running.process.pid) if child.startswith("udp")]
        with running.send(b"CONNECT 198.18.0.200:443 HTTP/1.1\r\nHost: 198.18.0.200:443\r\n\r\n") as peer:
            assert head_of(peer)[0] == 403


def _sockets(pid: int) -> list[str]:
    """Datagram sockets that a process has open."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            inodes.add(str(link.readlink()))
    rows = [line.split() for name in ("udp",
        "udp6") for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]]
    return ["udp" for row in rows if f"socket:[{row[9]}]" in inodes]


def test_broken_messages_end_the_connection_and_nothing_else(tmp_path: Path) -> None:
    with broker(tmp_path, ["example.org"]) as running:
        for data in (b"\xff\xff" + bytes(100), b"\0\x01x", b"\0\x0c" + b"\xff" * 12, b"\0\x20" + bytes(8)):
            with resolver(running) as peer:
                peer.sendall(data)
                peer.shutdown(socket.SHUT_WR)
                assert drained(peer) == b""
        loop = struct.pack("!6H", 1, 0, 1, 0, 0, 0) + b"\xc0\x0c\0\x01\0\x01"  # a pointer to itself
        with resolver(running) as peer:
            peer.sendall(len(loop).to_bytes(2) + loop)
            assert answered(peer)[3] & 15 == 1
            assert ask(peer, "example.org")[0] == 0, "and the next question is answered"


def test_a_name_that_came_in_two_segments(tmp_path: Path) -> None:
    with broker(tmp_path, ["example.org"]) as running, resolver(running) as peer:
        data = question("example.org")
        for at in range(len(data)):
            peer.sendall(data[at : at + 1])
        assert answered(peer)[3] & 15 == 0
        peer.sendall(question("example.org") + question("evil.org"))  # and two at once
        assert [answered(peer)[3] & 15 for _ in range(2)] == [0, 3]
