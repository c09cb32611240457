"""Reading heads from sockets and answering refusals: what every request begins and some end with."""

import asyncio
import errno
import socket

from catalyst.services.broker.head import BadHead, ended

MOST_HEAD = 16 * 1024
HEAD_SECONDS = 10.0
SEND_SECONDS = 60.0
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_REASONS = {400: "Bad Request", 403: "Forbidden", 411: "Length Required", 502: "Bad Gateway", 504: "Gateway Timeout"}


async def read_head(client: socket.socket, most: int = MOST_HEAD, seconds: float = HEAD_SECONDS) -> tuple[bytes, bytes]:
    """A head with its empty line, and what came behind it; two empty ones when nothing came. Raises BadHead, OSError."""
    loop, data = asyncio.get_running_loop(), b""
    try:
        async with asyncio.timeout(seconds):
            while (end := ended(data)) is None:
                if len(data) > most:
                    raise BadHead("too long a head")
                more = await loop.sock_recv(client, most)
                if not more and data:
                    raise BadHead("ended inside the head")
                if not more:
                    return b"", b""
                data += more
    except TimeoutError:
        raise BadHead("the head did not come in time") from None
    return data[:end], data[end:]


def reply(status: int, why: str, number: int | None = None) -> bytes:
    """A refusal. `why` is ours and plain; `number` an errno, named for the guard."""
    body = f"catalyst: {why}\n".encode()
    lines = [
        f"HTTP/1.1 {status} {_REASONS[status]}",
        f"Catalyst-Reason: {why}",
        *([f"Catalyst-Errno: {errno.errorcode.get(number, 'EIO')}"] if number is not None else []),
        "Content-Type: text/plain",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def send(peer: socket.socket, data: bytes) -> None:
    """All of it. Raises OSError, TimeoutError among them."""
    async with asyncio.timeout(SEND_SECONDS):
        await asyncio.get_running_loop().sock_sendall(peer, data)
