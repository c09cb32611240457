"""The head of an HTTP/1 request, read strictly (RFC 9112): what two readers could understand differently is refused.

So no obs-fold, no bare CR or LF, no NUL, no space before a colon, no second Host, no Content-Length beside
Transfer-Encoding, no userinfo in a target. Names and values stay bytes that are forwarded as they came.
"""

import re

from catalyst.egress.addresses import Address, NotAHost, parse_host
from catalyst.guard.record import Record

MOST_FIELDS = 100
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([\x21-\x7e]+) HTTP/1\.([01])")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)")
_AUTHORITY = re.compile(r"(?:\[([^][@/?#\\]*)\]|([^][:@/?#\\]*))(?::([0-9]{1,5}))?")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)(?!$)|\0")
ONCE = (b"host", b"content-length", b"transfer-encoding", b"catalyst-program")


class BadHead(ValueError):
    """The head is refused; the message says why, lower case."""


class Head(Record):
    """`fields`: (name in lower case, value), in order."""

    method: str
    target: str
    minor: int
    fields: tuple[tuple[bytes, bytes], ...]

    def get(self, name: bytes) -> bytes | None:
        """The value of a field."""
        return next((value for one, value in self.fields if one == name), None)


class Target(Record):
    """Where a request wants to go; `path` for absolute form."""

    host: str | Address
    port: int
    path: str = ""


def ended(data: bytes) -> int | None:
    """Where the head ends, None: not yet. Raises BadHead as soon as it cannot become one."""
    end = data.find(b"\r\n\r\n")
    if _BARE.search(data[: None if end < 0 else end + 4]):
        raise BadHead("a bare CR, LF or NUL")
    return None if end < 0 else end + 4


def parse_head(data: bytes) -> Head:
    """A request's head, its last empty line included. Raises BadHead."""
    first, *lines = data.removesuffix(b"\r\n\r\n").split(b"\r\n")
    line = _LINE.fullmatch(first)
    if line is None:
        raise BadHead("not a request line of HTTP/1.0 or HTTP/1.1")
    fields = parse_fields(lines)
    for name in ONCE:
        if sum(one == name for one, _ in fields) > 1:
            raise BadHead(f"{name.decode()} twice")
    head = Head(line[1].decode(), line[2].decode(), int(line[3]), fields)
    if head.get(b"content-length") is not None and head.get(b"transfer-encoding") is not None:
        raise BadHead("content-length beside transfer-encoding")
    if head.minor == 1 and head.get(b"host") is None:
        raise BadHead("no host field")
    return head


def parse_fields(lines: list[bytes]) -> tuple[tuple[bytes, bytes], ...]:
    """The field lines of a head. Raises BadHead."""
    if len(lines) > MOST_FIELDS:
        raise BadHead("too many fields")
    fields = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise BadHead("a line that is no field")
        fields.append((field[1].lower(), field[2].strip(b" \t")))
    return tuple(fields)


def authority(text: str) -> tuple[str | Address, int | None]:
    """HOST or HOST:PORT, IPv6 in brackets. Raises BadHead."""
    found = _AUTHORITY.fullmatch(text)
    if found is None:
        raise BadHead("not a host and a port")
    try:
        if found[1] is not None and ":" not in found[1]:
            raise BadHead("brackets round what is no IPv6 address")
        host = parse_host(found[1] if found[1] is not None else found[2])
    except NotAHost as why:
        raise BadHead(str(why)) from None
    if found[3] is None:
        return host, None
    if not 0 < int(found[3]) < 65536:
        raise BadHead("not a port")
    return host, int(found[3])


def connect_target(head: Head) -> Target:
    """Of a CONNECT, whose Host must say the same (RFC 9110 9.3.6). Raises BadHead."""
    host, port = authority(head.target)
    if port is None:
        raise BadHead("CONNECT without a port")
    if head.get(b"content-length") not in (None, b"0") or head.get(b"transfer-encoding") is not None:
        raise BadHead("CONNECT with a body")
    _same_host(head, host, port, implied=port)
    return Target(host, port)


def absolute_target(head: Head) -> Target:
    """Of a plain request through the proxy: `http://HOST[:PORT]/…`, whose Host must say the same. Raises BadHead."""
    found = re.fullmatch(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([/?][^#]*)?", head.target)
    if found is None:
        raise BadHead("this is a proxy: CONNECT, or a request with the whole address")
    if found[1].lower() != "http":
        raise BadHead("only http is forwarded; TLS goes through CONNECT")
    host, port = authority(found[2])
    _same_host(head, host, port or 80, implied=80)
    path = found[3] or "/"
    return Target(host, port or 80, path if path.startswith("/") else f"/{path}")


def origin_host(head: Head, implied: int) -> tuple[str | Address, int]:
    """Whom a request to the origin server is for. Raises BadHead."""
    if not head.target.startswith("/") and head.target != "*":
        raise BadHead("not a request to the server itself")
    host, port = authority((head.get(b"host") or b"").decode("latin-1"))
    return host, port or implied


def _same_host(head: Head, host: str | Address, port: int, *, implied: int) -> None:
    value = head.get(b"host")
    if value is None:  # HTTP/1.0: http.client's tunnels before Python 3.12
        return
    other, other_port = authority(value.decode("latin-1"))
    if (other, other_port or implied) != (host, port):
        raise BadHead("the host field differs from the target")
