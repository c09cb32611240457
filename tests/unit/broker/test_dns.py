"""The resolver: one question, an address that stands for an allowed name, or nothing."""

import struct
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.services.broker import dns
from catalyst.services.broker.dns import Full, answer
from catalyst.services.broker.names import Names

STANDS_FOR = IPv4Address("198.18.0.7")


def name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode("latin-1") for label in text.split(".") if label) + b"\0"


def query(text: str, kind: int = 1, klass: int = 1, flags: int = 0x0100, counts: tuple[int, int, int, int] = (1, 0, 0, 0)) -> bytes:
    return struct.pack("!6H", 0xBEEF, flags, *counts) + name(text) + struct.pack("!2H", kind, klass)


def lookup(text: str) -> IPv4Address | None:
    return STANDS_FOR if text == "good.org" else None


def rcode(message: bytes | None) -> int | None:
    return None if message is None else message[3] & 15


def test_an_allowed_name_gets_its_address() -> None:
    found = answer(query("Good.org."), lookup)
    assert found is not None
    assert found[:2] == b"\xbe\xef"
    assert struct.unpack_from("!H", found, 2)[0] == 0x8180
    assert struct.unpack_from("!4H", found, 4) == (1, 1, 0, 0)
    asked = name("Good.org") + b"\0\1\0\1"
    assert found[12:] == asked + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + STANDS_FOR.packed, "the question's own case comes back"


@pytest.mark.parametrize("kind", [28, 16, 15, 5, 65, 255])
def test_other_types_of_an_allowed_name_are_empty_and_of_another_do_not_exist(kind: int) -> None:
    good, bad = answer(query("good.org", kind), lookup), answer(query("data.evil.org", kind), lookup)
    assert rcode(good) == dns.NOERROR
    assert rcode(bad) == dns.NXDOMAIN
    assert good is not None
    assert struct.unpack_from("!4H", good, 4) == (1, 0, 0, 0)


@pytest.mark.parametrize("text", ["1.0.0.127.in-addr.arpa", "169.254.169.254", "127.1", "0x7f000001", "-x.org", "a b.org", "x.good.org"])
def test_no_other_name_is_looked_up(text: str) -> None:
    assert rcode(answer(query(text), lookup)) == dns.NXDOMAIN


def test_edns_is_understood_and_left_out_of_the_answer() -> None:
    message = query("good.org", counts=(1, 0, 0, 1)) + b"\0\0\x29\x10\0\0\0\0\0\0\0"
    found = answer(message, lookup)
    assert found is not None
    assert struct.unpack_from("!4H", found, 4) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (b"", None), (b"\0" * 11, None), (query("good.org", flags=0x8000), None), (query("good.org", flags=0x2000), dns.NOTIMP),
        (query("good.org", counts=(0, 0, 0, 0)), dns.FORMERR), (query("good.org", counts=(2, 0, 0, 0)), dns.FORMERR),
        (query("good.org", counts=(1, 1, 0, 0)), dns.FORMERR), (query("good.org", klass=3), dns.REFUSED),
        (struct.pack("!6H", 1, 0, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1", dns.FORMERR),
        (struct.pack("!6H", 1, 0, 1, 0, 0, 0) + b"\x01a\xc0\x0c\0\1\0\1", dns.FORMERR),
        (struct.pack("!6H", 1, 0, 1, 0, 0, 0) + b"\x3f" + b"a" * 20, dns.FORMERR),
        (struct.pack("!6H", 1, 0, 1, 0, 0, 0) + b"\x04good\x03org", dns.FORMERR), (query("good.org")[:-1], dns.FORMERR),
        (struct.pack("!6H", 1, 0, 1, 0, 0, 0) + b"\x08good.org\0\0\1\0\1", dns.REFUSED),
        (query(".".join(["a" * 60] * 5)), dns.FORMERR), (query("good.org") + bytes(dns.LONGEST), dns.FORMERR),
    ],
)  # fmt: skip
def test_what_is_no_query(message: bytes, said: int | None) -> None:
    assert rcode(answer(message, lookup)) == said


def test_when_no_address_is_free_it_says_so() -> None:
    def full(_: str) -> IPv4Address | None:
        raise Full

    assert rcode(answer(query("good.org"), full)) == dns.SERVFAIL


@given(st.binary(max_size=600))
def test_any_bytes_get_an_answer_no_longer_than_needed_or_none(message: bytes) -> None:
    found = answer(message, lookup)
    assert found is None or (len(found) <= len(message) + 16 and found[:2] == message[:2] and found[2] & 0x80)


def test_names_keep_their_addresses_and_the_oldest_unused_loses_its() -> None:
    names = Names(IPv4Network("198.18.0.0/30"))  # two addresses
    one, two = names.address("one"), names.address("two")
    assert {one, two} == {IPv4Address("198.18.0.1"), IPv4Address("198.18.0.2")}
    assert names.address("one") == one
    with names.held("two"):
        assert names.address("three") == one, "two is older and in use"
        assert names.name(two) == "two"
        with names.held("three"), pytest.raises(Full):
            names.address("four")
    assert names.name(one) == "three"
    assert names.address("four") == two
    assert names.name(IPv4Address("198.18.0.9")) is None


def test_a_flood_of_names_stays_in_its_network() -> None:
    names = Names(IPv4Network("198.18.0.0/24"))
    with names.held("keep"):
        kept = names.address("keep")
        for number in range(2000):
            assert names.address(f"n{number}") in names.network
        assert names.name(kept) == "keep"
        assert names.address("keep") == kept
    assert len(names._addresses) == len(names._names) == 254
