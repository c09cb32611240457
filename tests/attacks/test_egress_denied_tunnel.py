"""A connection that stands when its host is denied would carry on for ever; so would one that was only just dialled."""

import asyncio
import os
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from brokers import Broker, broker, drained, stub
from catalyst.egress.addresses import Address
from catalyst.egress.rules import parse
from catalyst.errors import BrokerRefused, BrokerSilent
from catalyst.services.broker import client
from catalyst.services.broker.broker import Broker as Serving
from catalyst.services.broker.decide import Policy
from catalyst.services.broker.dial import Dialler
from catalyst.services.broker.journal import Journal
from catalyst.services.broker.log import Log
from support import wait_for


def refused(running: Broker, target: str) -> bool:
    status, _, peer = running.connect(target)
    peer.close()
    return status == 403


def test_deny_ends_what_it_no_longer_allows(tmp_path: Path) -> None:
    with stub() as one, stub() as other, broker(tmp_path, [f"localhost+loopback:{one.port}"]) as running:
        assert client.allow(running.control, f"localhost+loopback:{other.port}")["ok"]
        tunnels = [running.connect(f"localhost:{server.port}")[2] for server in (one, other)]
        for peer in tunnels:
            peer.sendall(b"x")
            assert peer.recv(1) == b"x"
        assert client.deny(running.control, f"localhost+loopback:{other.port}")["ended"] == 1
        assert drained(tunnels[1]) == b""
        tunnels[0].sendall(b"y")
        assert tunnels[0].recv(1) == b"y", "the other one stands"
        assert refused(running, f"localhost:{other.port}")
        for peer in tunnels:
            peer.close()
        wait_for(lambda: client.listed(running.control)["open"] == 0, "both tunnels are over")
        assert sorted((line["sent"], line["received"]) for line in running.log() if "sent" in line) == [(1, 1), (2, 2)]


def test_a_rule_that_still_allows_it_keeps_it(tmp_path: Path) -> None:
    with stub() as server, broker(tmp_path, ["localhost+loopback:*", f"localhost+loopback:{server.port}"]) as running:
        _, _, peer = running.connect(f"localhost:{server.port}")
        with peer:
            assert client.deny(running.control, f"localhost+loopback:{server.port}")["ended"] == 0
            peer.sendall(b"x")
            assert peer.recv(1) == b"x"
            assert client.deny(running.control, "localhost+loopback:*")["ended"] == 1
            assert drained(peer) == b""


def test_what_was_refused_is_listed_with_the_rule_that_would_allow_it(tmp_path: Path) -> None:
    with stub() as server, broker(tmp_path, ["localhost"]) as running:
        for _ in range(3):
            running.connect(f"localhost:{server.port}", "Catalyst-Program: curl")[2].close()
        running.connect("169.254.169.254:80")[2].close()
        running.connect("localhost:443")[2].close()
        metadata, name = client.listed(running.control)["refused"][1:]
        assert (name["host"], name["count"], name["program"], name["instead"]) == ("localhost", 3, "curl",
            f"localhost:{server.port}")
        assert "instead" not in metadata
        client.allow(running.control, name["instead"])
        _, fields, peer = running.connect(f"localhost:{server.port}")
        peer.close()
        assert fields["Catalyst-Reason"] == "it leads to a loopback address"
        instead = client.listed(running.control)["refused"][0]["instead"]
        client.allow(running.control, instead)
        assert not refused(running, f"localhost:{server.port}"), "following the advice leads there"


def test_watching(tmp_path: Path) -> None:
    with stub() as server, broker(tmp_path, [f"localhost+loopback:{server.port}"]) as running:
        stream = client.watch(running.control)
        running.connect("evil.org:443")[2].close()
        first = next(stream)
        assert (first["event"], first["verdict"], first["host"]) == ("end", "refused", "evil.org")
        _, _, peer = running.connect(f"localhost:{server.port}")
        peer.sendall(b"x")  # until somebody speaks it is not known what it is
        opened = next(one for one in stream if one["event"] == "open")
        assert opened["host"] == "localhost"
        peer.close()
        assert next(one for one in stream if one["event"] == "end" and one["host"] == "localhost")["sent"] == 1
        stream.close()  # type: ignore[attr-defined]  # a generator


def test_a_broker_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(BrokerSilent):
        client.listed(str(tmp_path / "nobody.sock"))
    with broker(tmp_path) as running, pytest.raises(BrokerRefused):
        client.allow(running.control, "*")


def test_denied_while_it_is_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule goes between the decision and the connection."""
    policy = Policy("hosts", private=False, rules=[parse("localhost+loopback:*")])

    async def connect(self: Dialler, addresses: Sequence[Address], port: int) -> tuple[socket.socket, Address]:
        upstream = socket.create_connection(("127.0.0.1", port))
        upstream.setblocking(False)
        policy.rules.clear()
        return upstream, addresses[0]

    async def attempt(port: int) -> bytes:
        serving = Serving(policy, Journal(Log(os.open(os.devnull, os.O_WRONLY))), descriptors=100)
        inside, outside = socket.socketpair()
        inside.setblocking(False)
        outside.sendall(f"CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
        outside.settimeout(10)
        with outside:
            task = asyncio.create_task(serving._guarded(inside))
            answer = await asyncio.to_thread(drained, outside)
            await task
        return answer

    monkeypatch.setattr(Dialler, "connect", connect)
    with stub() as server:
        assert asyncio.run(attempt(server.port)) == b""
        assert server.reached == []
