"""ClientHellos: those of a real TLS library, in pieces, and broken ones."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.services.broker.first import Refused, judged
from catalyst.services.broker.hello import MOST, BadHello, handshake, server_name


def client_hello(name: str | None) -> bytes:
    """What OpenSSL sends first."""
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    if name is None:
        context.verify_mode = ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


HELLO = client_hello("huggingface.co")


def records(message: bytes, size: int) -> bytes:
    """The same handshake message in many records."""
    return b"".join(b"\x16\x03\x01" + len(part).to_bytes(2) + part
                    for part in (message[at : at + size] for at in range(0, len(message), size)))  # fmt: skip


def named(*names: bytes, kind: int = 0) -> bytes:
    """A minimal ClientHello with one server_name extension per name."""
    extensions = b""
    for name in names:
        entry = bytes([kind]) + len(name).to_bytes(2) + name
        listed = len(entry).to_bytes(2) + entry
        extensions += b"\0\0" + len(listed).to_bytes(2) + listed
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0" + len(extensions).to_bytes(2) + extensions
    return b"\x01" + len(body).to_bytes(3) + body


def found(data: bytes) -> str | None:
    message = handshake(data)
    assert message is not None
    return server_name(message)


def test_the_name_a_library_sends() -> None:
    assert found(HELLO) == "huggingface.co"
    assert found(client_hello(None)) is None


@given(st.integers(1, len(HELLO) - 1))
def test_a_part_of_it_is_not_judged_yet(length: int) -> None:
    assert handshake(HELLO[:length]) is None


@given(st.integers(1, 600))
def test_it_may_come_in_any_number_of_records(size: int) -> None:
    assert found(records(HELLO[5:], size)) == "huggingface.co"


@pytest.mark.parametrize(
    "message",
    [named(b"a.b", b"c.d"), named(b"a.b", b"a.b"), named(b"\xff\xfe"), named(b"a.b", kind=1), named(b"a.b")[:-1] + b"",
     b"\x02" + named(b"a.b")[1:], named(b"a.b") + b""],
)  # fmt: skip
def test_a_strange_one_is_refused(message: bytes) -> None:
    data = records(message, 1 << 14)
    if message == named(b"a.b"):
        assert found(data) == "a.b", "the positive control"
        return
    with pytest.raises((BadHello, AssertionError)):
        found(data)


@pytest.mark.parametrize(
    "data",
    [b"\x16\x03\x01\0\0", b"\x16\x02\x01\0\x01\x01", b"\x17\x03\x01\0\x01\x01", b"\x16\x03\x01\xff\xff\x01",
     records(named(b"a.b")[:20], 20) + b"\x15\x03\x01\0\x02\x02\x31", records(b"\x01\xff\xff\xff", 4)],
)  # fmt: skip
def test_what_is_no_client_hello(data: bytes) -> None:
    with pytest.raises(BadHello):
        handshake(data)


def test_it_may_not_grow_without_end() -> None:
    with pytest.raises(BadHello):
        handshake(records(b"\x01" + MOST.to_bytes(3) + bytes(MOST), 1 << 14))


def http(host: str, target: str = "/") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("data", "port"),
    [
        (HELLO, 443), (client_hello("evil.org"), 8443), (client_hello(None), 443), (records(named(b"good.org\0"), 99), 443),
        (records(named(b"10.0.0.1"), 99), 443), (http("evil.org"), 80), (http("evil.org"), 8080), (http("good.org:81"), 80),
        (http("good.org", "http://evil.org/"), 80), (b"SSH-2.0-x\r\n", 443), (b"SSH-2.0-x\r\n", 80), (b"\0\0\0", 80),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 80), (b"GET / HTTP/1.0\r\n\r\n", 80), (http("good.org\r\nHost: evil.org"), 80),
        (b"GET / HTTP/1.1\nHost: good.org\n\n", 80), (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 4000, 80), (b"get / HTTP/1.1\r\n", 80),
    ],
)  # fmt: skip
def test_first_bytes_that_name_another_host_or_none_are_refused(data: bytes, port: int) -> None:
    with pytest.raises(Refused):
        judged(data, "good.org", port)


@pytest.mark.parametrize(
    ("data", "port"),
    [(client_hello("good.org"), 443), (client_hello("GOOD.org"), 8443), (http("good.org"), 80), (http("good.org:8080"), 8080),
     (http("good.org"), 443), (b"SSH-2.0-x\r\n", 22), (b"\0\0\0", 9000), (records(named(b"good.org."), 3), 443)],
)  # fmt: skip
def test_first_bytes_that_may_pass(data: bytes, port: int) -> None:
    assert judged(data, "good.org", port)
    assert not judged(b"", "good.org", port)


@given(st.binary(max_size=400), st.sampled_from([b"", b"\x16\x03\x01", b"\x16\x03\x01\0\x40\x01\0\0\x3c\x03\x03"]), st.sampled_from([80, 443, 22]))
def test_any_bytes_are_judged_or_refused(data: bytes, before: bytes, port: int) -> None:
    try:
        assert judged(before + data, "good.org", port) in (True, False)
    except Refused as refused:
        assert str(refused).isprintable()
