"""DNS rebinding: a name that lives for 0 seconds is public when it is checked, and loopback when it is dialled.

The resolver here is the attacker's: each question gets the next answer.
"""

import asyncio
import itertools
import os
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest

from brokers import drained
from catalyst.egress.addresses import Address
from catalyst.egress.rules import parse
from catalyst.services.broker.broker import Broker
from catalyst.services.broker.decide import Policy
from catalyst.services.broker.journal import Journal
from catalyst.services.broker.log import Log

REQUEST = b"CONNECT rebind.test:443 HTTP/1.1\r\nHost: rebind.test:443\r\n\r\n"
PUBLIC = "93.184.216.34"


def attempt(monkeypatch: pytest.MonkeyPatch, answers: Sequence[Sequence[str]],
    resolve_again: bool = False) -> tuple[bytes, list[str], int]:
    """The broker's answer, the addresses it dialled, and how often it asked. Nothing is really dialled."""
    asked, dialled = itertools.count(), []

    def getaddrinfo(host: str, port: int, **_: object) -> list[object]:
        return [(2, 1, 6, "", (address, port)) for address in answers[min(next(asked), len(answers) - 1)]]

    async def connect(self: object, address: Address, port: int) -> socket.socket:
        host = await asyncio.to_thread(lambda: getaddrinfo("rebind.test",
            port)[0][4][0]) if resolve_again else str(address)  # type: ignore[index]  # a tuple
        dialled.append(host)
        raise ConnectionRefusedError(111, "nobody there")

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    monkeypatch.setattr("catalyst.services.broker.dial.Dialler._connect", connect)
    return asyncio.run(_one()), dialled, next(asked)


async def _one() -> bytes:
    policy = Policy("hosts", private=False, rules=[parse("rebind.test:443")])
    log = os.open(os.devnull, os.O_WRONLY)
    broker = Broker(policy, Journal(Log(log)), descriptors=100)
    inside, outside = socket.socketpair()
    inside.setblocking(False)
    task = asyncio.create_task(broker._guarded(inside))
    outside.sendall(REQUEST)
    outside.settimeout(10)
    answer = await asyncio.to_thread(drained, outside)
    await task
    outside.close()
    os.close(log)
    return answer


def test_the_address_that_was_checked_is_the_one_that_is_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    answer, dialled, asked = attempt(monkeypatch, [[PUBLIC], ["127.0.0.1"], ["169.254.169.254"]])
    assert answer.startswith(b"HTTP/1.1 502")
    assert b"Catalyst-Errno: ECONNREFUSED" in answer
    assert (dialled, asked) == ([PUBLIC], 1)


def test_one_that_asks_again_would_be_led_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: dialling by name is the attack."""
    _, dialled, asked = attempt(monkeypatch, [[PUBLIC], ["127.0.0.1"]], resolve_again=True)
    assert (dialled, asked) == (["127.0.0.1"], 2)


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00:ec2::254",
    "64:ff9b::7f00:1", "::ffff:10.0.0.1"])
@pytest.mark.parametrize("order", [lambda good, bad: [good, bad], lambda good, bad: [bad, good], lambda good, bad: [bad]])
def test_one_bad_answer_among_good_ones_spoils_all(
    monkeypatch: pytest.MonkeyPatch, inside: str, order: Callable[[str, str], list[str]]
) -> None:
    """The first address refuses the connection, so the next one would be tried."""
    answer, dialled, _ = attempt(monkeypatch, [order(PUBLIC, inside)])
    assert answer.startswith(b"HTTP/1.1 403")
    assert dialled == []


def test_a_resolver_that_says_nothing_or_nonsense(monkeypatch: pytest.MonkeyPatch) -> None:
    assert attempt(monkeypatch, [[]])[0].startswith(b"HTTP/1.1 502")
    answers: list[list[str]] = [[str(ip_address(PUBLIC) + number) for number in range(200)]]
    _, dialled, _ = attempt(monkeypatch, answers)
    assert len(dialled) == 8, "a hundred addresses are a hundred time limits"


def test_a_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The answer comes after the time limit; the next request does not wait for it."""
    monkeypatch.setattr("catalyst.services.broker.dial.RESOLVE_SECONDS", 0.2)
    release = os.pipe()

    def hang(*_: object, **__: object) -> list[object]:
        os.read(release[0], 1)
        return []

    monkeypatch.setattr("socket.getaddrinfo", hang)
    try:
        assert asyncio.run(_one()).startswith(b"HTTP/1.1 504")
    finally:
        os.close(release[1])
