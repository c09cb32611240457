"""Heads of requests and answers, read by a grammar that knows one reading only.

Two expressions say what a head is: RFC 9112 without what it lets a recipient forgive (folded lines, a bare line feed, blanks
before a colon). What is not of this form is not repaired: a request like that goes to aiohttp, which says no to it, and an
answer is none. What is sent on is written anew from what was read. tests/attacks/test_gateway_two_readers.py holds this
against llhttp's reading.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from multidict import CIMultiDict

LONGEST = 64 << 10  # bytes of a head; a header of a node's may be long, browsers send a few KiB
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # ComfyUI's routes have no others
CHUNKED, TO_THE_END = -1, -2  # instead of a body's length
EMPTY_STATUSES = (204, 304)

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"  # noqa: S105 -- RFC 9110's word
_TEXT = r"[\t\x20-\x7e\x80-\xff]*+"
_FIELDS = rf"((?:{_TOKEN}:{_TEXT}\r\n)*+)\r\n"
_REQUEST = re.compile(rf"([A-Z]{{1,20}}) (/[\x21-\x7e]*+) HTTP/1\.([01])\r\n{_FIELDS}")
_ANSWER = re.compile(rf"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: ({_TEXT}))?\r\n{_FIELDS}")
_FIELD = re.compile(rf"({_TOKEN}):({_TEXT})\r\n")
_COMING = re.compile(rb"(?:[\t\x20-\x7e\x80-\xff]|\r\n)*+\r?")
_LENGTH = re.compile(r"[0-9]{1,15}")

Pairs: TypeAlias = "list[tuple[str, str]]"


class Asked:
    """A request's head. `length` is its body's: bytes, or CHUNKED. `old`: HTTP/1.0. `counts`: how often each name (lower
    case) was there."""

    __slots__ = ("counts", "headers", "length", "method", "old", "pairs", "raw_path")

    def __init__(self, method: str, raw_path: str, pairs: Pairs, *, old: bool) -> None:
        self.method, self.raw_path, self.pairs, self.old = method, raw_path, pairs, old
        self.headers: Mapping[str, str] = CIMultiDict(pairs)
        self.counts = _count(pairs)
        self.length = 0

    @property
    def closes(self) -> bool:
        """The visitor wants no further answer on this connection."""
        return self.old or "close" in self.headers.get("Connection", "").lower()

    def cookies(self) -> list[str]:
        """Each Cookie header."""
        return [value for name, value in self.pairs if name.lower() == "cookie"]


class Answered:
    """An answer's head. `length` is its body's: bytes, CHUNKED or TO_THE_END. `closes`: its connection ends with it."""

    __slots__ = ("closes", "length", "pairs", "reason", "status")

    def __init__(self, status: int, reason: str, pairs: Pairs, *, length: int, closes: bool) -> None:
        self.status, self.reason, self.pairs, self.length, self.closes = status, reason, pairs, length, closes


def request(head: bytes) -> Asked | None:
    """`head` up to and with its empty line; None where it is not of the form."""
    found = _REQUEST.fullmatch(head.decode("latin-1"))
    if not found or found[1] not in METHODS:
        return None
    made = Asked(found[1], found[2], _pairs(found[4]), old=found[3] == "0")
    length = _length(made.pairs, made.counts)
    if length is None or (made.old and length == CHUNKED):
        return None
    made.length = 0 if length == TO_THE_END else length
    return made


def answer(head: bytes, method: str) -> Answered | None:
    """The answer to a request by `method`; None where it is not of the form."""
    found = _ANSWER.fullmatch(head.decode("latin-1"))
    if not found:
        return None
    pairs, status = _pairs(found[4]), int(found[2])
    length = _length(pairs, _count(pairs))
    if length is None:
        return None
    closing = any(name.lower() == "connection" and "close" in value.lower() for name, value in pairs)
    if method == "HEAD" or status in EMPTY_STATUSES or status < 200:
        length = 0
    return Answered(status, found[3] or "", pairs, length=length,
                    closes=closing or found[1] == "0" or length == TO_THE_END)  # fmt: skip


def may_become_one(begun: bytes) -> bool:
    """Whether `begun` may be the first bytes of a head: no TLS greeting, no line that ends otherwise than HTTP's do."""
    return len(begun) <= LONGEST and _COMING.fullmatch(begun) is not None


def written(first: str, pairs: Iterable[tuple[str, str]]) -> bytes:
    """A head as it is sent. The pairs have come through `request` or `answer`, or are ours: none can end a line."""
    return "".join([first, "\r\n", *[f"{name}: {value}\r\n" for name, value in pairs], "\r\n"]).encode("latin-1")


def _pairs(fields: str) -> Pairs:
    return [(name, value.strip(" \t")) for name, value in _FIELD.findall(fields)]


def _count(pairs: Pairs) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, _ in pairs:
        low = name.lower()
        counts[low] = counts.get(low, 0) + 1
    return counts


def _length(pairs: Pairs, counts: Mapping[str, int]) -> int | None:
    """How long the body is (RFC 9112 6.3); None where it could be read in two ways."""
    lengths, codings = counts.get("content-length", 0), counts.get("transfer-encoding", 0)
    if not lengths and not codings:
        return TO_THE_END
    if lengths + codings > 1:
        return None
    (value,) = [value for name, value in pairs if name.lower() in {"content-length", "transfer-encoding"}]
    if codings:
        return CHUNKED if value.lower() == "chunked" else None
    return int(value) if _LENGTH.fullmatch(value) else None
