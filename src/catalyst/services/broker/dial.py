"""Resolving a name once and connecting to the addresses that were checked, in order."""

import asyncio
import errno
import socket
from collections.abc import Sequence
from ipaddress import ip_address

from catalyst.egress.addresses import Address
from catalyst.services.broker.threads import in_thread

RESOLVE_SECONDS = 10.0
CONNECT_SECONDS = 10.0  # for each address
MOST_ADDRESSES = 8
MOST_LOOKUPS = 64  # at once; a hung one keeps its thread until the C library gives up
KEEPALIVE = {socket.TCP_KEEPIDLE: 60, socket.TCP_KEEPINTVL: 20, socket.TCP_KEEPCNT: 6}  # a dead peer: three minutes


class DialFailed(Exception):
    """`status` for the client: 502, or 504 where time ran out. `number`: an errno."""

    def __init__(self, status: int, number: int, why: str) -> None:
        super().__init__(why)
        self.status, self.number = status, number


class Dialler:
    """getaddrinfo(3) and connect(2)."""

    def __init__(self) -> None:
        self._lookups = asyncio.Semaphore(MOST_LOOKUPS)

    async def resolve(self, name: str, port: int) -> list[Address]:
        """Every address of a name, no duplicates. Raises DialFailed."""
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                async with self._lookups:
                    found = await in_thread(lambda: socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
        except TimeoutError:
            raise DialFailed(504, errno.ETIMEDOUT, "the name was not resolved in time") from None
        except (socket.gaierror, UnicodeError, OSError):
            raise DialFailed(502, errno.EHOSTUNREACH, "the name has no address") from None
        addresses = list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
        if not addresses:
            raise DialFailed(502, errno.EHOSTUNREACH, "the name has no address")
        return addresses

    async def connect(self, addresses: Sequence[Address], port: int) -> tuple[socket.socket, Address]:
        """A connection to the first address that answers. Raises DialFailed, for the last one."""
        failed = DialFailed(502, errno.EHOSTUNREACH, "no address")
        for address in addresses[:MOST_ADDRESSES]:
            try:
                return await self._connect(address, port), address
            except TimeoutError:
                failed = DialFailed(504, errno.ETIMEDOUT, "no answer in time")
            except OSError as error:
                number = error.errno or errno.EHOSTUNREACH
                failed = DialFailed(504 if number == errno.ETIMEDOUT else 502, number, "the connection failed")
        raise failed

    async def _connect(self, address: Address, port: int) -> socket.socket:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        upstream = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        try:
            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            upstream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in KEEPALIVE.items():
                upstream.setsockopt(socket.IPPROTO_TCP, option, value)
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().sock_connect(upstream, (str(address), port))
        except BaseException:
            upstream.close()
            raise
        return upstream
