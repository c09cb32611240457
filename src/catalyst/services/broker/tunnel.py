"""Connections that stand: carried by splice in threads, counted and timed by the kernel, ended when the rules change."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

from catalyst.egress.addresses import Address
from catalyst.guard import relay
from catalyst.services.broker.threads import in_thread

IDLE = 2 * 3600.0  # seconds without a byte either way; a slow model pauses for minutes, a websocket pings
SWEEP = 60.0
_LAST_SENT, _LAST_RECEIVED = 44, 52  # milliseconds, in struct tcp_info (linux/tcp.h)


class Tunnel:
    """One connection: where to, the bytes so far, and both sockets, of which it keeps copies until `close`."""

    def __init__(self, host: str | Address, port: int, address: Address, ends: tuple[socket.socket, socket.socket]) -> None:
        self.host, self.port, self.address = host, port, address
        self.sent = self.received = 0
        self._sockets = [one.dup() for one in ends]  # the workload's, and the host's

    def idle(self) -> float:
        """Seconds since data went either way, by the kernel's count."""
        try:
            info = self._sockets[1].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        except OSError:
            return 0.0
        return float(min(struct.unpack_from("=I", info, at)[0] for at in (_LAST_SENT, _LAST_RECEIVED)) / 1000)

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


async def carry(tunnel: Tunnel, client: socket.socket, upstream: socket.socket) -> None:
    """Both directions until both have ended; closes both."""
    for one in (client, upstream):
        one.setblocking(True)
    there, back = await in_thread(lambda: relay.join(client, upstream))
    tunnel.sent, tunnel.received = tunnel.sent + there, tunnel.received + back


async def carry_back(tunnel: Tunnel, client: socket.socket, upstream: socket.socket) -> None:
    """From upstream to the client only: nothing more of the client's is forwarded."""
    for one in (client, upstream):
        one.setblocking(True)
    tunnel.received += await in_thread(lambda: relay.pump(upstream, client))
