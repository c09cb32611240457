"""Heads of requests and answers, read by a grammar that knows one reading only.

Two expressions say what a head is: RFC 9112 without what it lets a recipient forgive (folded lines, a bare line feed, blanks
before a colon). What is not of this form is not repaired: a request like that goes to aiohttp, which says no to it, and an
answer is none. What is sent on is written anew from what was read. tests/attacks/test_gateway_two_readers.py holds this
against llhttp's reading.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

from multidict import CIMultiDict, CIMultiDictProxy

from catalyst.services.gateway import headers
from catalyst.services.gateway.refusals import plain

LONGEST = 64 << 10  # bytes of a head; a header of a node's may be long, browsers send a few KiB
REPEATED = 4096  # bytes of headers that are worth remembering
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # ComfyUI's routes have no others
CHUNKED, TO_THE_END = -1, -2  # instead of a body's length
EMPTY_STATUSES = (204, 304)
_FRAMING = frozenset({"content-length", "transfer-encoding"})

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"  # noqa: S105 -- RFC 9110's word
_TEXT = r"[\t\x20-\x7e\x80-\xff]*+"
_REQUEST = re.compile(rb"([A-Z]{1,20}) (/[\x21-\x7e]*+) HTTP/1\.([01])\r\n")
_ANSWER = re.compile(r"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*+))?\r\n")
_BLOCK = re.compile(rf"(?:{_TOKEN}:{_TEXT}\r\n)*+\r\n")
_FIELD = re.compile(rf"({_TOKEN}):({_TEXT})\r\n")
_COMING = re.compile(rb"(?:[\t\x20-\x7e\x80-\xff]|\r\n)*+\r?")
_LENGTH = re.compile(r"[0-9]{1,15}")

Pairs: TypeAlias = list[tuple[str, str]]


class Fields:
    """All headers of a request. `length` is what they say of its body: bytes, CHUNKED, or TO_THE_END where they say nothing.
    `counts`: how often each name (lower case) is there. `inwards`: what of them ComfyUI sees, as it is sent."""

    __slots__ = ("cookies", "counts", "headers", "inwards", "length")

    def __init__(self, pairs: Pairs, length: int) -> None:
        self.headers = CIMultiDictProxy(CIMultiDict(pairs))
        self.length = length
        self.cookies = [value for name, value in pairs if name.lower() == "cookie"]
        self.counts: dict[str, int] = {}
        for name, _ in pairs:
            self.counts[name.lower()] = self.counts.get(name.lower(), 0) + 1
        coded = [("Transfer-Encoding", "chunked")] if length == CHUNKED else []
        self.inwards = _written([*headers.inwards(pairs), *coded])


class Asked:
    """A request's head. `length` is its body's: bytes, or CHUNKED. `old`: HTTP/1.0."""

    __slots__ = ("cookies", "counts", "headers", "inwards", "length", "method", "old", "raw_path")

    def __init__(self, method: str, raw_path: str, fields: Fields, *, old: bool) -> None:
        self.method, self.raw_path, self.old = method, raw_path, old
        self.headers, self.counts, self.cookies, self.inwards = fields.headers, fields.counts, fields.cookies, fields.inwards
        self.length = 0 if fields.length == TO_THE_END else fields.length

    @property
    def path(self) -> str:
        """As ComfyUI's router sees it."""
        return plain(self.raw_path.partition("?")[0])

    @property
    def closes(self) -> bool:
        """The visitor wants no further answer on this connection."""
        return self.old or "close" in self.headers.get("Connection", "").lower()


class Answered:
    """An answer's head. `length` is its body's: bytes, CHUNKED or TO_THE_END. `closes`: its connection ends with it."""

    __slots__ = ("closes", "length", "pairs", "reason", "status")

    def __init__(self, status: int, reason: str, pairs: Pairs, *, length: int, closes: bool) -> None:
        self.status, self.reason, self.pairs, self.length, self.closes = status, reason, pairs, length, closes


def request(head: bytes) -> Asked | None:
    """`head` up to and with its empty line; None where it is not of the form."""
    first = _REQUEST.match(head)
    if not first:
        return None
    method, block = first[1].decode(), head[first.end() :]
    fields = _repeated(block) if len(block) <= REPEATED else _fields(block)
    if method not in METHODS or fields is None or (first[3] == b"0" and fields.length == CHUNKED):
        return None
    return Asked(method, first[2].decode(), fields, old=first[3] == b"0")


def inwards(asked: Asked) -> bytes:
    """The head as ComfyUI sees it."""
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (asked.method.encode(), asked.raw_path.encode(), asked.inwards)


def _fields(block: bytes) -> Fields | None:
    pairs = _pairs(block.decode("latin-1"))
    length = None if pairs is None else _length(pairs)
    return None if pairs is None or length is None else Fields(pairs, length)


_repeated = lru_cache(256)(_fields)  # a program, or a browser, says much the same with each of its requests


def answer(head: bytes, method: str) -> Answered | None:
    """The answer to a request by `method`; None where it is not of the form."""
    text = head.decode("latin-1")
    first = _ANSWER.match(text)
    pairs = _pairs(text[first.end() :]) if first else None
    length = None if pairs is None else _length(pairs)
    if not first or pairs is None or length is None:
        return None
    status = int(first[2])
    if status == 204:  # it has no body, and may not speak of one (RFC 9110 8.6)
        pairs = [pair for pair in pairs if pair[0].lower() != "content-length"]
    closing = any("close" in value.lower() for name, value in pairs if name.lower() == "connection")
    if method == "HEAD" or status in EMPTY_STATUSES or status < 200:
        length = 0
    return Answered(status, first[3] or "", pairs, length=length,
                    closes=closing or first[1] == "0" or length == TO_THE_END)  # fmt: skip


def may_become_one(begun: bytes) -> bool:
    """Whether `begun` may be the first bytes of a head: no TLS greeting, no line that ends otherwise than HTTP's do."""
    return len(begun) <= LONGEST and _COMING.fullmatch(begun) is not None


def written(first: str, pairs: Iterable[tuple[str, str]]) -> bytes:
    """A head as it is sent. The pairs have come through `request` or `answer`, or are ours: none can end a line."""
    return b"%b\r\n%b\r\n" % (first.encode("latin-1"), _written(pairs))


def _written(pairs: Iterable[tuple[str, str]]) -> bytes:
    return "".join([f"{name}: {value}\r\n" for name, value in pairs]).encode("latin-1")


def _pairs(block: str) -> Pairs | None:
    """Headers and the empty line after them; None where they are not of the form."""
    if not _BLOCK.fullmatch(block):
        return None
    return [(name, value.strip(" \t")) for name, value in _FIELD.findall(block)]


def _length(pairs: Pairs) -> int | None:
    """How long the body is (RFC 9112 6.3); None where it could be read in two ways."""
    found = [pair for pair in pairs if pair[0].lower() in _FRAMING]
    if not found:
        return TO_THE_END
    if len(found) > 1:
        return None
    name, value = found[0]
    if name.lower() == "transfer-encoding":
        return CHUNKED if value.lower() == "chunked" else None
    return int(value) if _LENGTH.fullmatch(value) else None
