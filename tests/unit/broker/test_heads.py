"""Heads of HTTP requests: read one way or refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.services.broker import plain
from catalyst.services.broker.head import BadHead, absolute_target, connect_target, ended, origin_host, parse_head


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    "data",
    [
        head("GET http://a.b/ HTTP/1.1", "Host: a.b", "Content-Length: 1", "Transfer-Encoding: chunked"),
        head("GET http://a.b/ HTTP/1.1", "Host: a.b", "Host: a.b"),
        head("GET http://a.b/ HTTP/1.1", "Host: a.b", "Content-Length: 1", "content-length: 1"),
        head("GET http://a.b/ HTTP/1.1", "Host: a.b", " folded: 1"),
        head("GET http://a.b/ HTTP/1.1", "Host : a.b"),
        head("GET http://a.b/ HTTP/1.1", "Host: a\x0bb"),
        head("GET  http://a.b/ HTTP/1.1", "Host: a.b"),
        head("GET http://a.b/ HTTP/1.1 ", "Host: a.b"),
        head("GET http://a.b/ HTTP/2.0", "Host: a.b"),
        head("GET http://a.b/\xa0 HTTP/1.1", "Host: a.b"),
        head(" GET http://a.b/ HTTP/1.1", "Host: a.b"),
        head("GET http://a.b/ HTTP/1.1"),
        head("", "GET http://a.b/ HTTP/1.1", "Host: a.b"),
        head("GET http://a.b/ HTTP/1.1", "Host: a.b", "nocolon"),
        head("GET http://a.b/ HTTP/1.1", "Host: a.b", ": noname"),
        head("GET http://a.b/ HTTP/1.1", *["A: b"] * 101, "Host: a.b"),
    ],
)  # fmt: skip
def test_what_is_no_head(data: bytes) -> None:
    with pytest.raises(BadHead):
        parse_head(data)


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\nHost: a\n\n", b"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", b"G\0T", b"GET / HTTP/1.1\n"])
def test_a_bare_line_end_is_refused_before_the_head_has_ended(data: bytes) -> None:
    with pytest.raises(BadHead):
        ended(data)


def test_where_a_head_ends() -> None:
    assert ended(b"") is None
    assert ended(b"GET / HTTP/1.1\r") is None
    assert ended(b"GET / HTTP/1.1\r\nA: b\r\n\r\nrest\n\n\0") == 24


@pytest.mark.parametrize(
    ("target", "host"),
    [("a.b:443", "c.d:443"), ("a.b:443", "a.b:80"), ("a.b:443", ""), ("a.b", "a.b"), ("a.b:0", "a.b:0"), ("u@a.b:443", "a.b:443"),
     ("a.b:65536", "a.b"), ("[a.b]:443", "[a.b]:443"), ("[::1%lo]:443", "[::1%lo]:443"), ("a.b:443/x", "a.b:443"), ("", ""),
     ("http://a.b:443", "a.b:443"), ("::1:443", "::1:443"), ("a.b:443", "a.b:443:443"), ("a\\b:443", "a\\b:443")],
)  # fmt: skip
def test_what_connect_refuses(target: str, host: str) -> None:
    with pytest.raises(BadHead):
        connect_target(parse_head(head(f"CONNECT {target} HTTP/1.1", f"Host: {host}")))


def test_what_connect_takes() -> None:
    found = connect_target(parse_head(head("CONNECT A.B.:443 HTTP/1.1", "Host: a.b")))
    assert (found.host, found.port) == ("a.b", 443)
    found = connect_target(parse_head(head("CONNECT [::ffff:198.18.0.1]:443 HTTP/1.0")))
    assert (str(found.host), found.port) == ("198.18.0.1", 443)
    with pytest.raises(BadHead, match="body"):
        connect_target(parse_head(head("CONNECT a.b:443 HTTP/1.1", "Host: a.b:443", "Content-Length: 5")))


@pytest.mark.parametrize(
    ("target", "host"),
    [("http://a.b/", "c.d"), ("http://a.b:80/", "a.b:81"), ("https://a.b/", "a.b"), ("/x", "a.b"), ("*", "a.b"), ("http:///x", ""),
     ("http://u:p@a.b/", "a.b"), ("ftp://a.b/", "a.b"), ("http://a.b/#x", "a.b"), ("http://a.b\\@c.d/", "c.d")],
)  # fmt: skip
def test_what_a_plain_request_refuses(target: str, host: str) -> None:
    with pytest.raises(BadHead):
        absolute_target(parse_head(head(f"GET {target} HTTP/1.1", f"Host: {host}")))


def test_how_a_plain_request_goes_on() -> None:
    request = parse_head(head("POST http://A.b:8080?q HTTP/1.0", "X-Y:  z ", "Connection: x-secret, Keep-Alive", "X-Secret: 1",
                              "Proxy-Authorization: x", "Content-Length: 3", "Catalyst-Program: x"))  # fmt: skip
    sent = plain.origin_form(request, absolute_target(request))
    assert sent == head("POST /?q HTTP/1.1", "Host: a.b:8080", "x-y: z", "content-length: 3", "Connection: close")
    assert plain.body_length(request, b"ab") == 3


@pytest.mark.parametrize(
    ("fields", "early"),
    [(["Transfer-Encoding: chunked"], b""), (["Content-Length: +1"], b""), (["Content-Length: 1, 1"], b""), (["Content-Length: 0x1"], b""),
     (["Content-Length: -1"], b""), (["Content-Length: 1"], b"ab"), ([], b"GET / HTTP/1.1\r\n")],
)  # fmt: skip
def test_a_body_whose_end_is_not_plain_is_refused(fields: list[str], early: bytes) -> None:
    with pytest.raises(BadHead):
        plain.body_length(parse_head(head("POST http://a.b/ HTTP/1.1", "Host: a.b", *fields)), early)


@pytest.mark.parametrize("name", ["Host", "Content-Length", "transfer-encoding"])
def test_connection_does_not_take_a_field_of_the_request_away(name: str) -> None:
    request = parse_head(head("POST http://a.b/ HTTP/1.1", "Host: a.b", f"Connection: close, {name}"))
    with pytest.raises(BadHead):
        plain.origin_form(request, absolute_target(request))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_head_or_refused(data: bytes) -> None:
    try:
        end = ended(data)
        found = parse_head(data[:end] if end else data + b"\r\n\r\n")
        for target in (connect_target, absolute_target):
            try:
                reached = target(found)
            except BadHead:
                continue
            assert 0 < reached.port < 65536
        origin_host(found, 80)
    except BadHead as why:
        assert re.fullmatch("[ -~]+", str(why))
