"""Heads, DNS messages and ClientHellos, damaged at random: an answer or a refusal, never another exception.

Some thousand cases in each run of the suite; all 100 000 of each kind:

    CATALYST_TEST_FUZZ=100000 python -m pytest tests/unit/broker/test_fuzz.py

Case N is the same in every run; a failure names it.
"""

import os
from collections.abc import Callable
from ipaddress import IPv4Address
from random import Random

import pytest

from catalyst.egress.addresses import NotAHost, parse_host
from catalyst.egress.rules import parse
from catalyst.errors import EgressRule
from catalyst.services.broker import dns, head, hello
from catalyst.services.broker.first import Refused, judged
from catalyst.services.broker.head import BadHead
from catalyst.services.broker.hello import BadHello
from unit.broker.test_dns import query
from unit.broker.test_hello import HELLO, named, records

FIRST, _, END = os.environ.get("CATALYST_TEST_FUZZ", "").rpartition(":")
CASES = range(int(FIRST or 0), int(END or 3000))
HEADS = (
    b"CONNECT huggingface.co:443 HTTP/1.1\r\nHost: huggingface.co:443\r\nCatalyst-Program: python3\r\n\r\n",
    b"POST http://a.b:8080/x?y=z HTTP/1.1\r\nHost: a.b:8080\r\nContent-Length: 12\r\nConnection: close\r\n\r\n",
    b"GET http://[::1]/ HTTP/1.0\r\nX: y\r\n\r\n",
)
QUERIES = (query("huggingface.co"), query("a." * 60 + "org", 16),
    query("good.org", counts=(1, 0, 0, 1)) + b"\0\0\x29\x10" + bytes(7))
HELLOS = (HELLO, records(named(b"good.org"), 7), records(HELLO[5:], 100))
TEXTS = (b"*.huggingface.co:443", b"models.lan+private:8080", b"[fd00::/8]:*", b"0x7f.1:80", b"10.0.0.0/8")
PIECES = (b"\0", b"\r", b"\n", b"\r\n", b" ", b":", b"\xff", b"\xc0\x0c", b"%0a", b"Host: evil.org\r\n", b"[", b"]",
    b"@", b"\x16\x03\x01", b"?" * 70, b".")


def damaged(data: bytes, random: Random) -> bytes:
    """Bytes flipped, cut, doubled, put in, or the end taken off."""
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(data) + 1)
        end = min(len(data), at + random.choice((1, 2, 8, 60)))
        data = random.choice((
            data[:at] + bytes(byte ^ 1 << random.randrange(8) for byte in data[at:end]) + data[end:],
            data[:at] + data[end:], data[:end] + data[at:], data[:at] + random.choice(PIECES) + data[at:],
            data[:at] if random.random() < 0.3 else data[:at] + random.randbytes(end - at) + data[end:],
        ))  # fmt: skip
    return data


def try_head(data: bytes) -> bool:
    try:
        end = head.ended(data)
        if end is None:
            return False
        found = head.parse_head(data[:end])
        target = head.connect_target(found) if found.method == "CONNECT" else head.absolute_target(found)
    except BadHead:
        return False
    assert 0 < target.port < 65536
    assert parse_host(str(target.host)) == target.host
    return True


def try_query(data: bytes) -> bool:
    found = dns.answer(data, lambda name: IPv4Address("198.18.0.1") if name.endswith("org") else None)
    assert found is None or (len(found) >= 12 and found[:2] == data[:2] and len(found) <= len(data) + 16)
    return found is not None and found[3] & 15 == 0


def try_hello(data: bytes) -> bool:
    try:
        message = hello.handshake(data)
        name = None if message is None else hello.server_name(message)
        passed = judged(data, "good.org", 443)
    except (BadHello, Refused):
        return False
    if passed and data[:1] == b"\x16":
        assert name is not None
        assert parse_host(name) == "good.org"
    return passed


def try_rule(data: bytes) -> bool:
    text = data.decode("latin-1")
    try:
        rule = parse(text)
    except EgressRule:
        return False
    assert parse(str(rule)) == rule
    try:
        host = parse_host(text)
    except NotAHost:
        return True
    assert rule.names(host, 443) if isinstance(host, str) else rule.covers(host, 443)
    return True


@pytest.mark.parametrize(
    ("attempt", "good"),
    [(try_head, HEADS), (try_query, QUERIES), (try_hello, HELLOS), (try_rule, TEXTS)],
    ids=["heads", "queries", "hellos", "rules"],
)  # fmt: skip
def test_damaged_bytes(attempt: Callable[[bytes], bool], good: tuple[bytes, ...]) -> None:
    understood = refused = 0
    for number in CASES:
        random = Random(number)
        try:
            if attempt(damaged(random.choice(good), random)):
                understood += 1
            else:
                refused += 1
        except Exception as error:
            raise AssertionError(f"case {number}") from error
    assert min(understood, refused) > len(CASES) / 200, "both ends of the range are reached"
