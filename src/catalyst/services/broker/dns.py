"""DNS messages of a resolver that asks nobody (RFC 1035, RFC 2308): one question, an A record or nothing.

A name that the rules allow gets an address that stands for it. No query leaves, so no name and no TXT record carries
anything out; AAAA and every other type of an allowed name is an empty answer, of another name NXDOMAIN.
"""

import struct
from collections.abc import Callable
from ipaddress import IPv4Address

from catalyst.egress.addresses import NotAHost, parse_host
from catalyst.guard.record import Record

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)
A, IN, TTL = 1, 1, 60
LONGEST = 512 + 64  # a query: one name of 255 octets and perhaps an EDNS record with options


class Full(Exception):
    """No address is free."""


class BadQuery(ValueError):
    """Not a query; `rcode` is what to answer, None: nothing."""

    def __init__(self, rcode: int | None) -> None:
        super().__init__(rcode)
        self.rcode = rcode


class Question(Record):
    """`end`: where it ends in the message. `name`: text with dots, as asked; may be no name of a host."""

    name: str
    kind: int
    klass: int
    end: int


def parse_query(message: bytes) -> Question:
    """The one question of a query. Raises BadQuery."""
    if len(message) < 12:
        raise BadQuery(None)
    _, flags, questions, answers, authorities, additional = struct.unpack_from("!6H", message)
    if flags & 0x8000:  # an answer: whoever answers it starts a loop
        raise BadQuery(None)
    if flags & 0x7800:
        raise BadQuery(NOTIMP)
    if questions != 1 or answers or authorities or additional > 1 or len(message) > LONGEST:
        raise BadQuery(FORMERR)
    labels, at = [], 12
    while at < len(message) and message[at]:
        length = message[at]
        if length > 63 or at + 1 + length >= len(message) or at + length > 12 + 253:  # a pointer has the two high bits set
            raise BadQuery(FORMERR)
        labels.append(message[at + 1 : at + 1 + length].decode("latin-1"))
        at += 1 + length
    if at + 5 > len(message):
        raise BadQuery(FORMERR)
    if any("." in label for label in labels):
        raise BadQuery(REFUSED)
    kind, klass = struct.unpack_from("!2H", message, at + 1)
    return Question(".".join(labels), kind, klass, at + 5)


def answer(message: bytes, lookup: Callable[[str], IPv4Address | None]) -> bytes | None:
    """What to send back; None: nothing, and the connection ends. `lookup`: an allowed name's address; may raise Full."""
    try:
        question = parse_query(message)
    except BadQuery as bad:
        return None if bad.rcode is None else _header(message, bad.rcode, 0, 0)
    rcode, address = _found(question, lookup)
    asked = message[12 : question.end]
    if address is None or question.kind != A:
        return _header(message, rcode, 1, 0) + asked
    record = struct.pack("!3HIH4s", 0xC00C, A, IN, TTL, 4, address.packed)
    return _header(message, NOERROR, 1, 1) + asked + record


def _found(question: Question, lookup: Callable[[str], IPv4Address | None]) -> tuple[int, IPv4Address | None]:
    if question.klass != IN:
        return REFUSED, None
    try:
        name = parse_host(question.name)
        address = lookup(name) if isinstance(name, str) else None
    except NotAHost:
        return NXDOMAIN, None
    except Full:
        return SERVFAIL, None
    return (NXDOMAIN if address is None else NOERROR), address


def _header(message: bytes, rcode: int, questions: int, answers: int) -> bytes:
    """QR, the opcode and RD as asked, RA: a stub resolver would complain without."""
    ident, flags = struct.unpack_from("!2H", message)
    return struct.pack("!6H", ident, 0x8080 | flags & 0x7900 | rcode, questions, answers, 0, 0)
