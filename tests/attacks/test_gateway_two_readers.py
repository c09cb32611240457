"""Heads are read by a grammar of ours (gateway/heads.py), and malformed ones by llhttp. What ours takes, llhttp must read
the same way: two readings of one request are how requests are smuggled (RFC 9112 11.2)."""

import asyncio
import random
from typing import Any, cast

import pytest
from aiohttp import http_exceptions, http_parser, streams
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.test_gateway_fuzz import PIECES, SEED
from catalyst.services.gateway import bodies, guardrails, heads
from catalyst.services.gateway.bodies import Chunked, Counted, Malformed

GOOD = b"POST /prompt?x=%2F HTTP/1.1\r\nHost: 127.0.0.1:8188\r\nContent-Length: 2\r\nX-A: b c \r\nCookie: a=b; c=d\r\n\r\n"
MANY = 20_000


class Nobody:
    """What llhttp's wrapper wants to know of a connection."""

    _reading_paused = False

    def pause_reading(self, **_: object) -> None:
        pass

    resume_reading = pause_reading


@pytest.fixture(scope="module")
def llhttp() -> Any:
    """A function: what llhttp makes of a head; None where it is none."""
    loop = asyncio.new_event_loop()

    def read(head: bytes) -> tuple[str, str, list[tuple[str, str]], int] | None:
        parser = http_parser.HttpRequestParserC(cast("Any", Nobody()), loop, 2**16, max_line_size=1 << 16,
                                                max_field_size=1 << 16, auto_decompress=False)  # fmt: skip
        try:
            messages, _, _ = parser.feed_data(head)
        except (http_exceptions.HttpProcessingError, ValueError):
            return None
        if not messages:
            return None
        message, body = messages[0]
        length = heads.CHUNKED if message.chunked else int(message.headers.get("Content-Length", "0"))
        assert (length == 0) == isinstance(body, streams.EmptyStreamReader)
        raw = [(name.decode("latin-1"), value.decode("latin-1").strip(" \t")) for name, value in message.raw_headers]
        return message.method, message.path, raw, length

    yield read
    loop.close()


def pairs(found: heads.Asked) -> list[tuple[str, str]]:
    return list(found.headers.items())


def agree(read: Any, head: bytes) -> bool:
    """Whether it would be carried, as far as its form goes, and then both say the same of it."""
    ours = heads.request(head)
    if ours is None or guardrails.shape(ours.method, ours.raw_path, ours.headers, ours.counts):
        return False
    if guardrails.host(ours.headers.get("Host", ""), ()):
        return False
    theirs = read(head)
    assert theirs is not None, head
    assert theirs == (ours.method, ours.raw_path, pairs(ours), ours.length), head
    return True


def test_an_ordinary_head(llhttp: Any) -> None:
    assert agree(llhttp, GOOD)
    found = heads.request(GOOD)
    assert found
    assert (found.method, found.raw_path, found.length) == ("POST", "/prompt?x=%2F", 2)
    assert found.headers["x-a"] == "b c"


def test_changed_heads(llhttp: Any) -> None:
    chance, taken = random.Random(SEED), 0
    for _ in range(MANY):
        text = bytearray(GOOD[:-4])
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(text))
            match chance.randrange(3):
                case 0:
                    text[at] = chance.randrange(256)
                case 1:
                    del text[at : at + chance.randint(1, 3)]
                case _:
                    text[at:at] = chance.choice(PIECES)
        head = bytes(text) + b"\r\n\r\n"
        taken += agree(llhttp, head[: head.index(b"\r\n\r\n") + 4])
    assert taken > MANY // 20  # else nothing was compared


@pytest.mark.parametrize("head", [
    b"GET / HTTP/1.1\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\n\r\n\r\n", b"GET / HTTP/1.1\r\n Host: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n", b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\ry\r\n\r\n", b"GET  / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/2.0\r\n\r\n", b"GET / http/1.1\r\n\r\n", b"GET http://x/ HTTP/1.1\r\n\r\n", b"GET * HTTP/1.1\r\n\r\n",
    b"CONNECT /x HTTP/1.1\r\n\r\n", b"FOO / HTTP/1.1\r\n\r\n", b"get / HTTP/1.1\r\n\r\n", b"GET /\x80 HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: +2\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 2, 2\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 9999999999999999\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n",
])  # fmt: skip
def test_heads_that_are_none(head: bytes) -> None:
    assert heads.request(head) is None


def test_a_head_that_would_keep_a_search_busy() -> None:
    """Blanks that a search with going back would try in every split: done at once, or this test takes hours."""
    blanks = b" " * (heads.LONGEST - 100)
    assert heads.request(b"GET / HTTP/1.1\r\nX: " + blanks + b"\0\r\n\r\n") is None
    assert heads.request(b"GET / HTTP/1.1\r\n" + b"X:\r\n" * 10_000 + b"\0\r\n\r\n") is None
    assert not heads.may_become_one(b"a" * 60_000 + b"\n")


# Bodies


@given(st.lists(st.binary(min_size=1, max_size=50)), st.lists(st.integers(1, 20)), st.binary(max_size=20))
def test_chunks_in_any_pieces(chunks: list[bytes], cuts: list[int], after: bytes) -> None:
    sent = b"".join(b"".join(map(bytes, bodies.chunk(one))) for one in chunks) + bodies.END + after
    reader, found, rest = Chunked(), b"", b""
    for size in [*cuts, len(sent)]:
        piece, sent = sent[:size], sent[size:]
        if reader.over:
            rest += piece
            continue
        pieces, more = reader.feed(piece)
        found += b"".join(map(bytes, pieces))
        rest += more
    assert reader.over
    assert (found, rest) == (b"".join(chunks), after)


@settings(max_examples=300)
@given(st.lists(st.sampled_from([b"5\r\nhello\r\n", b"0\r\n\r\n", b"5", b"\r\n", b"\n", b";x=y", b"X: y\r\n", b"g", b"-1",
                                 b" ", b"ffffffffffffffff", b"0x5", b"hello", b"\0"]), max_size=8))  # fmt: skip
def test_chunks_are_read_as_llhttp_reads_them(parts: list[bytes]) -> None:
    """What ours takes as a whole body, llhttp takes as the same."""
    sent = b"".join(parts)
    reader = Chunked()
    try:
        pieces, rest = reader.feed(sent)
    except Malformed:
        return
    if not reader.over:
        return
    body = b"".join(map(bytes, pieces))
    assert theirs(sent[: len(sent) - len(rest)]) == body


def theirs(sent: bytes) -> bytes:
    async def run() -> bytes:
        parser = http_parser.HttpRequestParserC(cast("Any", Nobody()), asyncio.get_running_loop(), 2**16)
        messages, _, _ = parser.feed_data(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + sent)
        return bytes(await messages[0][1].read())

    return asyncio.run(run())


@pytest.mark.parametrize("sent", [b"g\r\n", b"\r\n", b"5 \rhello\r\n", b"1\r\nab\r\n", b"1\r\na\n", b"-1\r\n",
                                  b"0\r\nX\r\n\r\n",
                                  b"0\r\n X: y\r\n\r\n", b"f" * 16 + b"\r\n", b"1" * 5000, b"0\r\n" + b"X: y\r\n" * 5000,
                                  b"1;" + b"x" * 5000, b"1\n"])  # fmt: skip
def test_chunks_that_are_none(sent: bytes) -> None:
    reader = Chunked()
    with pytest.raises(Malformed):
        reader.feed(sent)


def test_a_counted_body_ends_where_it_said() -> None:
    reader = Counted(5)
    assert reader.feed(b"hel") == ([b"hel"], b"")
    assert not reader.over
    assert reader.feed(b"loGET /") == ([b"lo"], b"GET /")
    assert reader.over


@pytest.mark.parametrize(("first", "fields", "length"), [
    ("200 OK", "Content-Length: 5", 5), ("200 OK", "X: y", heads.TO_THE_END),
    ("200", "Transfer-Encoding: Chunked", heads.CHUNKED), ("20 OK", "X: y", None),
    ("204 No", "Content-Length: 5", 0), ("304 x", "Content-Length: 5", 0), ("200 OK", "Content-Length: 5, 5", None),
    ("200 OK", "Transfer-Encoding: gzip", None), ("200 OK", "X: a\0", None), ("999 x", "X: y", None),
    ("200 OK", "Content-Length: 5\r\nTransfer-Encoding: chunked", None), ("200 OK", "X: a\nSet-Cookie: b", None),
])  # fmt: skip
def test_answers(first: str, fields: str, length: int | None) -> None:
    head = f"HTTP/1.1 {first}\r\n{fields}\r\n\r\n".encode()
    found = heads.answer(head, "GET")
    assert (found.length if found else None) == length
    if found:
        as_head = heads.answer(head, "HEAD")
        assert as_head
        assert as_head.length == 0
