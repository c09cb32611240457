"""A plain HTTP request through the proxy: one for each connection, sent on in origin form."""

import asyncio
import re
import socket

from catalyst.services.broker import wire
from catalyst.services.broker.head import BadHead, Head, Target, ended, parse_fields

CHUNK = 256 * 1024
MOST_RESPONSE_HEAD = 64 * 1024
INTERIM = 8  # 1xx answers before the real one
SECONDS = 3600.0  # until an answer begins: a server may work for long
# Of this connection, not of the request (RFC 9110 7.6.1); Expect would want an answer of ours.
HOP = {b"connection", b"proxy-connection", b"keep-alive", b"proxy-authorization", b"proxy-authenticate", b"te", b"trailer",
       b"upgrade", b"expect", b"http2-settings", b"catalyst-program", b"host"}  # fmt: skip
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?")


class BadAnswer(Exception):
    """The host does not speak HTTP."""


def body_length(head: Head, early: bytes) -> int:
    """Bytes of the request's body. Raises BadHead: chunked, which would have to be parsed to find the next request."""
    if head.get(b"transfer-encoding") is not None:
        raise BadHead("a body of unknown length: send Content-Length")
    value = head.get(b"content-length")
    if value is not None and not re.fullmatch(rb"[0-9]{1,18}", value):
        raise BadHead("not a length")
    length = int(value or 0)
    if len(early) > length:
        raise BadHead("a second request behind the first")
    return length


def origin_form(head: Head, target: Target) -> bytes:
    """The head that is sent on. Raises BadHead where Connection names a field that the request needs."""
    named = {one.strip().lower() for one in (head.get(b"connection") or b"").split(b",")}
    if named & {b"host", b"content-length", b"transfer-encoding"}:
        raise BadHead("connection names a field of the request")
    host = f"[{target.host}]" if not isinstance(target.host, str) and target.host.version == 6 else str(target.host)
    host = host if target.port == 80 else f"{host}:{target.port}"
    kept = [name + b": " + value for name, value in head.fields if name not in HOP | named]
    lines = [f"{head.method} {target.path} HTTP/1.1".encode(), f"Host: {host}".encode(), *kept, b"Connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n"


async def send_body(client: socket.socket, upstream: socket.socket, early: bytes, length: int) -> None:
    """Exactly the body, nothing behind it. Raises OSError."""
    loop, left = asyncio.get_running_loop(), length - len(early)
    await wire.send(upstream, early)
    while left:
        data = await loop.sock_recv(client, min(CHUNK, left))
        if not data:
            raise ConnectionResetError("the body was cut off")
        left -= len(data)
        await wire.send(upstream, data)


async def answer_head(upstream: socket.socket) -> bytes:
    """The head of the answer, and what came behind it, as it goes to the client. Raises BadAnswer, OSError."""
    early = b""
    for _ in range(INTERIM):
        try:
            data, early = await _read(upstream, early)
        except BadHead as why:
            raise BadAnswer(str(why)) from None
        first, status, fields = parse_answer(data)
        if status >= 200:
            kept = [name + b": " + value for name, value in fields if name not in HOP - {b"proxy-authenticate"}]
            return b"\r\n".join([first, *kept, b"Connection: close"]) + b"\r\n\r\n" + early
    raise BadAnswer("interim answers without end")


def parse_answer(data: bytes) -> tuple[bytes, int, tuple[tuple[bytes, bytes], ...]]:
    """Status line, status and fields of an answer's head. Raises BadAnswer."""
    first, *lines = data.removesuffix(b"\r\n\r\n").split(b"\r\n")
    try:
        fields = parse_fields(lines)
    except BadHead as why:
        raise BadAnswer(str(why)) from None
    status = _STATUS.fullmatch(first)
    if status is None or status[1] == b"101":
        raise BadAnswer("not an answer of HTTP/1")
    return first, int(status[1]), fields


async def _read(upstream: socket.socket, early: bytes) -> tuple[bytes, bytes]:
    end = ended(early)
    if end is not None:
        return early[:end], early[end:]
    loop, data = asyncio.get_running_loop(), early
    async with asyncio.timeout(SECONDS):
        while (end := ended(data)) is None:
            if len(data) > MOST_RESPONSE_HEAD:
                raise BadHead("too long a head")
            more = await loop.sock_recv(upstream, 16 * 1024)
            if not more:
                raise BadHead("ended inside the head")
            data += more
    return data[:end], data[end:]
