"""The server name in a TLS ClientHello (RFC 8446 4.1.2, RFC 6066 3), across records and segments.

With Encrypted ClientHello the outer name is seen, which is the one the network sees too: a front that is allowed.
"""

MOST = 1 << 16  # of a ClientHello; those with post-quantum keys and a ticket have some 2 KiB
HANDSHAKE, CLIENT_HELLO, SERVER_NAME, HOST_NAME = 22, 1, 0, 0
_RECORD = (1 << 14) + 256


class BadHello(ValueError):
    """Not a ClientHello; the message says why, lower case."""


class _Bytes:
    """A cursor that never reads past its end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if len(self.data) - self.at < count:
            raise BadHello("a length that leads past the end")
        self.at += count
        return self.data[self.at - count : self.at]

    def vector(self, width: int) -> "_Bytes":
        return _Bytes(self.take(int.from_bytes(self.take(width))))

    def __bool__(self) -> bool:
        return self.at < len(self.data)


def handshake(data: bytes) -> bytes | None:
    """The first handshake message in these bytes of TLS records, None: more is needed. Raises BadHello."""
    at, message = 0, b""
    while len(data) - at >= 5:
        kind, major, length = data[at], data[at + 1], int.from_bytes(data[at + 3 : at + 5])
        if kind != HANDSHAKE or major != 3 or not 0 < length <= _RECORD:
            raise BadHello("not a handshake record")
        message += data[at + 5 : at + 5 + length]
        if len(message) >= 4:
            if message[0] != CLIENT_HELLO:
                raise BadHello("not a ClientHello")
            wanted = 4 + int.from_bytes(message[1:4])
            if wanted > MOST:
                raise BadHello("too long")
            if len(message) >= wanted:
                return message[:wanted]
        at += 5 + length
    if data[:1] not in (b"", b"\x16") or len(data) > MOST:
        raise BadHello("not a handshake record")
    return None


def server_name(data: bytes) -> str | None:
    """The name in a ClientHello as `handshake` returned it; None: it has none. Raises BadHello."""
    body = _Bytes(data[4:])
    body.take(2 + 32)
    body.vector(1)
    body.vector(2)
    body.vector(1)
    if not body:
        return None
    extensions = body.vector(2)
    if body:
        raise BadHello("bytes behind its extensions")
    found = []
    while extensions:
        kind, content = int.from_bytes(extensions.take(2)), extensions.vector(2)
        if kind == SERVER_NAME:
            found.append(_host_name(content))
    if len(found) > 1:
        raise BadHello("two server names")
    return found[0] if found else None


def _host_name(content: _Bytes) -> str:
    names = content.vector(2)
    kind, name = names.take(1)[0], names.vector(2).data
    if content or names or kind != HOST_NAME:
        raise BadHello("not exactly one server name")
    try:
        return name.decode("ascii")
    except UnicodeDecodeError:
        raise BadHello("a server name that is not ASCII") from None
