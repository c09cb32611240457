"""The workload holds the only door: it may not make the broker fall over, hang or forget its rules."""

import asyncio
import resource
import socket
import sys
import time
from pathlib import Path

import pytest

from attacks.test_egress_dns_tunnel import answered, question, resolver
from brokers import Broker, broker, head_of, stub
from catalyst.services.broker import client, wire
from catalyst.services.broker.head import BadHead
from support import status, wait_for


def test_ten_thousand_connections(tmp_path: Path) -> None:
    """In hundreds at once, most of them never say a word."""
    with stub() as server, broker(tmp_path, [f"localhost+loopback:{server.port}"]) as running:
        before = int(status(running.process.pid)["VmRSS"].split()[0])
        for _ in range(50):
            silent = [running.send(b"CONNECT ") for _ in range(200)]
            for peer in silent:
                peer.close()
        assert works(running, server.port)
        assert int(status(running.process.pid)["VmRSS"].split()[0]) - before < 100 * 1024, "kB"


def works(running: Broker, port: int) -> bool:
    """Does it still carry what is allowed, and refuse the rest?"""
    status_, _, peer = running.connect(f"localhost:{port}")
    with peer:
        if status_ != 200:
            return False
        peer.sendall(b"x")
        assert peer.recv(1) == b"x"
    status_, _, peer = running.connect("evil.org:443")
    peer.close()
    return status_ == 403


def test_more_connections_than_it_holds_are_told_so_at_once(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    narrow = ["prlimit", "--nofile=120", "--", sys.executable, "-P", "-m", "catalyst.services.broker"]
    with stub() as server, broker(tmp_path, [f"localhost+loopback:{server.port}"], argv=narrow) as running:
        held = [running.send(b"CONNECT ") for _ in range(12)]
        wait_for(lambda: _refused(running), "the thirteenth is refused")
        for peer in held:
            peer.close()
        wait_for(lambda: works(running, server.port), "it works again")
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (soft, hard)


def _refused(running: Broker) -> bool:
    with running.send(b"") as peer:
        peer.settimeout(0.5)
        try:
            code, fields = head_of(peer)
        except (TimeoutError, AssertionError):
            return False
        return (code, fields["Catalyst-Reason"], fields["Catalyst-Errno"]) == (502, "too many connections", "ECONNREFUSED")


def test_a_head_that_trickles_or_never_ends(tmp_path: Path) -> None:
    with broker(tmp_path) as running, running.send(b"A: " + b"b" * 40_000) as long:
        status_, fields = head_of(long)
        assert (status_, fields["Catalyst-Reason"]) == (400, "too long a head")
    inside, outside = socket.socketpair()
    with inside, outside:
        inside.setblocking(False)
        outside.sendall(b"CONNECT a.b:443 HTTP/1.1\r\n")
        with pytest.raises(BadHead, match="in time"):
            asyncio.run(wire.read_head(inside, seconds=0.1))
    assert wire.HEAD_SECONDS <= 10


def test_a_flood_of_questions_is_slowed_and_the_owner_is_heard(tmp_path: Path) -> None:
    with broker(tmp_path, ["*.good.org"]) as running, resolver(running) as peer:
        start = time.monotonic()
        for batch in range(14):
            for number in range(50):
                peer.sendall(question(f"n{batch}-{number}.good.org"))
            assert [answered(peer)[3] & 15 for _ in range(50)] == [0] * 50
            assert client.listed(running.control)["rules"] == ["*.good.org"]
        assert time.monotonic() - start > 1, "four hundred at once, then two hundred for each second"


def test_a_client_that_leaves_in_the_middle(tmp_path: Path) -> None:
    with stub() as server, broker(tmp_path, [f"localhost+loopback:{server.port}"]) as running:
        for _ in range(100):
            _, _, peer = running.connect(f"localhost:{server.port}")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            peer.close()
        wait_for(lambda: client.listed(running.control)["open"] == 0, "all of them are over")
        wait_for(lambda: int(status(running.process.pid)["Threads"]) < 6, "their threads have ended")
        descriptors = len(list(Path(f"/proc/{running.process.pid}/fd").iterdir()))
        assert descriptors < 20
        assert works(running, server.port)
