"""Where a socket of the workload meets one of the guard's: a port on loopback that answers no SYN.

A listener whose backlog is full drops every SYN, so a socket that connects there stays in SYN_SENT, as it would to a far
host. When the broker has dialled, a socket of the guard's on the same port connects to the waiting one: both sides open
at once (RFC 9293, simultaneous open), the waiting one wakes up connected. Nothing is ever accepted, so there is nobody
the workload could connect to, and no peer to be told apart.
"""

import errno
import os
import socket
from contextlib import suppress

HOSTS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


class Meeting:
    """One port of one family: who connects to `address` waits. Raises OSError where loopback lacks the family."""

    def __init__(self, family: int) -> None:
        self.family = family
        self._listener = _on_port(family, 0)
        self._listener.listen(0)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._in_the_way = socket.create_connection(self.address, timeout=5)  # fills the backlog, for ever

    def meet(self, caller: socket.socket) -> socket.socket:
        """Connect the waiting `caller` to a new socket, which is returned. Raises OSError if it waits no more."""
        ours = _on_port(self.family, self.address[1])
        try:
            ours.setblocking(False)
            ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = caller.getsockname()
            there = (peer[0].removeprefix("::ffff:"), peer[1]) if self.family == socket.AF_INET else peer
            _must(connect(ours, there))
            ours.setblocking(True)
        except BaseException:
            ours.close()
            raise
        return ours


def _must(result: int) -> None:
    if result:
        raise OSError(result, os.strerror(result))


def _on_port(family: int, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind((HOSTS[socket.AddressFamily(family)], port))
    except BaseException:
        made.close()
        raise
    return made


def attempt(caller: socket.socket, address: tuple[str | int, ...]) -> int:
    """The errno of one connect(2) that does not wait; the open file's own flag is as before (fcntl(2), F_SETFL)."""
    number = caller.fileno()
    blocks = os.get_blocking(number)
    if blocks:
        os.set_blocking(number, False)
    try:
        return caller.connect_ex(address)
    finally:
        if blocks:
            with suppress(OSError):
                os.set_blocking(number, True)


def connect(caller: socket.socket, address: tuple[str | int, ...]) -> int:
    """Connect on loopback, where the answer is there at once: 0, an errno, or EALREADY while a full backlog holds it up."""
    result = attempt(caller, address)
    return attempt(caller, address) if result == errno.EINPROGRESS else result
