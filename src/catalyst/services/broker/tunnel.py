"""Connections that stand: carried by splice in threads, counted and timed by the kernel, ended when the rules change."""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable

from catalyst.egress.addresses import Address
from catalyst.guard import relay
from catalyst.services.broker.threads import in_thread

IDLE = 2 * 3600.0  # seconds without a byte either way; a slow model pauses for minutes, a websocket pings
SWEEP = 60.0
# struct tcp_info (linux/tcp.h): milliseconds since data was last sent and received; bytes received, sent, sent again.
_LAST_SENT, _LAST_RECEIVED, _RECEIVED, _SENT, _RESENT = 44, 52, 128, 200, 208


class Tunnel:
    """One connection: whose, where to, and the upstream socket, of which it keeps a copy until `close`."""

    def __init__(self, host: str | Address, port: int, address: Address, client: socket.socket, upstream: socket.socket) -> None:
        self.host, self.port, self.address = host, port, address
        self._ends = [os.dup(one.fileno()) for one in (client, upstream)]
        self._sockets = [socket.socket(fileno=one) for one in self._ends]

    def counted(self) -> tuple[int, int]:
        """Bytes sent to and received from the host so far."""
        info = self._info()
        sent, resent = (struct.unpack_from("=Q", info, at)[0] for at in (_SENT, _RESENT))
        return sent - resent, struct.unpack_from("=Q", info, _RECEIVED)[0]

    def idle(self) -> float:
        """Seconds since data went either way."""
        info = self._info()
        return min(struct.unpack_from("=I", info, at)[0] for at in (_LAST_SENT, _LAST_RECEIVED)) / 1000

    def _info(self) -> bytes:
        try:
            info = self._sockets[1].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        except OSError:
            info = b""
        return info.ljust(256, b"\0")

    def end(self) -> None:
        """Break it off, from any thread."""
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the copies."""
        for one in self._sockets:
            one.close()


class Tunnels:
    """All that stand."""

    def __init__(self) -> None:
        self._all: set[Tunnel] = set()

    def __len__(self) -> int:
        return len(self._all)

    def add(self, tunnel: Tunnel) -> None:
        """From here on it can be ended from outside."""
        self._all.add(tunnel)

    def remove(self, tunnel: Tunnel) -> None:
        """It has ended."""
        self._all.discard(tunnel)
        tunnel.close()

    def end_unless(self, allowed: Callable[[str | Address, int, Address], bool]) -> int:
        """Break off what is not allowed any more; how many."""
        ended = [one for one in self._all if not allowed(one.host, one.port, one.address)]
        for one in ended:
            one.end()
        return len(ended)

    async def sweep(self) -> None:
        """Break off what idles, for ever."""
        while True:
            await asyncio.sleep(SWEEP)
            for one in self._all:
                if one.idle() > IDLE:
                    one.end()


async def carry(client: socket.socket, upstream: socket.socket) -> None:
    """Both directions until both have ended; closes both."""
    for one in (client, upstream):
        one.setblocking(True)
    await in_thread(lambda: relay.join(client, upstream))


async def carry_back(client: socket.socket, upstream: socket.socket) -> None:
    """From upstream to the client only: nothing more of the client's is forwarded."""
    for one in (client, upstream):
        one.setblocking(True)
    await in_thread(lambda: relay.pump(upstream, client))
