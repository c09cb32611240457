"""The first bytes through a CONNECT: they must name the host that was asked for.

Otherwise an allowed name would be a key to every host behind the same addresses (domain fronting), and port 443 a way
for any protocol. TLS names its server in the ClientHello, HTTP in the Host field of the first request. Other protocols
pass, except on ports 80 and 443; there the client speaks first. What a client sends after its first request is not
looked at.
"""

import asyncio
import socket

from catalyst.egress.addresses import NotAHost, parse_host
from catalyst.services.broker import head, hello
from catalyst.services.broker.head import BadHead
from catalyst.services.broker.hello import BadHello
from catalyst.services.broker.tunnel import IDLE

SECONDS = 30.0  # for all of the first bytes, once the connection stands
WEB = (80, 443)
MOST_HEAD = 16 * 1024
_METHODS = tuple(
    one + b" " for one in (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI")
)
ACCESS_DENIED = bytes((21, 3, 3, 0, 2, 2, 49))  # a fatal alert (RFC 8446 6.2): clients say "access denied"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Refused(Exception):
    """What it is refused for, and what to tell the client in its own protocol."""

    def __init__(self, why: str, reply: bytes = b"") -> None:
        super().__init__(why)
        self.reply = reply


async def first_bytes(client: socket.socket, upstream: socket.socket, name: str, port: int) -> bytes:
    """What the client sent and may be forwarded; empty where the host spoke first. Raises Refused, OSError."""
    loop = asyncio.get_running_loop()
    data = b""
    try:
        async with asyncio.timeout(SECONDS if port in WEB else IDLE):
            if not await _client_first(client, upstream, web=port in WEB):
                return b""
        async with asyncio.timeout(SECONDS):
            while not judged(data, name, port):
                more = await loop.sock_recv(client, 16 * 1024)
                if not more:
                    raise Refused("ended before it named its host")
                data += more
    except TimeoutError:
        raise Refused("did not name its host in time") from None
    return data


async def _client_first(client: socket.socket, upstream: socket.socket, *, web: bool) -> bool:
    """Wait until somebody speaks: is it the client?"""
    if web:
        return True
    loop = asyncio.get_running_loop()
    spoken: asyncio.Future[bool] = loop.create_future()

    def spoke(who: bool) -> None:
        if not spoken.done():
            spoken.set_result(who)

    loop.add_reader(client, spoke, True)
    loop.add_reader(upstream, spoke, False)
    try:
        return await spoken
    finally:
        loop.remove_reader(client)
        loop.remove_reader(upstream)


def judged(data: bytes, name: str, port: int) -> bool:
    """True: these bytes may be forwarded; False: more is needed. Raises Refused."""
    if not data:
        return False
    if data[0] == hello.HANDSHAKE:
        return _tls(data, name)
    if data.startswith(_METHODS):
        return _http(data, name, port)
    if any(method.startswith(data) for method in _METHODS):
        return False
    if port in WEB:
        raise Refused("neither TLS nor HTTP, on a port of the web")
    return True


def _tls(data: bytes, name: str) -> bool:
    try:
        message = hello.handshake(data)
        if message is None:
            return False
        found = hello.server_name(message)
        host = None if found is None else parse_host(found)
    except (BadHello, NotAHost) as why:
        raise Refused(f"TLS: {why}", ACCESS_DENIED) from None
    if host != name:
        why_not = "TLS without a server name" if host is None else "the TLS server name differs from the host"
        raise Refused(why_not, ACCESS_DENIED)
    return True


def _http(data: bytes, name: str, port: int) -> bool:
    try:
        end = head.ended(data)
        if end is None and len(data) <= MOST_HEAD:
            return False
        found = head.origin_host(head.parse_head(data[:end]), port)
    except BadHead as why:
        raise Refused(f"HTTP: {why}", FORBIDDEN) from None
    if found != (name, port):
        raise Refused("the HTTP host differs from the host", FORBIDDEN)
    return True
