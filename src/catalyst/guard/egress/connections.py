"""Connections on their way: who waits for them, what the broker says, and what the callers are told."""

import errno
import os
import select
import socket
import struct
import time
from contextlib import suppress

from catalyst.guard import syscalls
from catalyst.guard.egress.address import Outside
from catalyst.guard.egress.carrier import Carrier
from catalyst.guard.egress.dial import WITHIN, Dial
from catalyst.guard.egress.meeting import Meeting, attempt, connect
from catalyst.guard.egress.table import Held, Table

# A caller that does not want to wait waits this long (s) all the same, for a refusal that names its reason; the broker's
# comes before it dials. Then it is told EINPROGRESS.
GRACE = 0.025

Caller = tuple[int, int]  # listener, id


def refusal(number: int) -> OSError:
    """What the caller's call fails with."""
    return OSError(number, os.strerror(number))


class Connections:
    """At most `most` requests to the broker at a time. `door` is its socket, None where there is no broker."""

    def __init__(self, door: str | None, table: Table, epoll: select.epoll, most: int) -> None:
        self._door, self._table, self._epoll, self._most = door, table, epoll, most
        self._under_way: dict[int, Held] = {}  # by inode
        self._by_descriptor: dict[int, Held] = {}
        self._meetings: dict[int, Meeting] = {}
        self._carrier: Carrier | None = None
        if door is not None:
            self._meetings[socket.AF_INET] = Meeting(socket.AF_INET)
            with suppress(OSError):  # a host without IPv6
                self._meetings[socket.AF_INET6] = Meeting(socket.AF_INET6)
            self._carrier = Carrier()
        self.has_door = door is not None
        self.own_ports = frozenset(one.address[1] for one in self._meetings.values())

    def ended(self, pid: int) -> bool:
        """The carrier was killed, and its connections with it; another takes the next ones."""
        if self._carrier is None or pid != self._carrier.pid:
            return False
        with suppress(OSError):  # no process to be had: what is dialled next fails
            self._carrier.restart()
        return True

    def under_way(self, held: Held) -> bool:
        """Is it being connected already?"""
        return held.inode in self._under_way

    def unknown(self, inode: int, who: Caller) -> None:
        """A socket that the guard has let go: it is connected, or listens, or came from nowhere."""
        remembered = self._table.remembered(inode)
        if remembered == 0:
            self._table.remember(inode, errno.EISCONN)
        syscalls.answer(*who, error=errno.EACCES if remembered is None else remembered)

    def join(self, held: Held, who: Caller) -> None:
        """A second connect(2), or the first one again after a signal."""
        if os.get_blocking(held.socket.fileno()):
            held.waiters.append(who)
        else:
            syscalls.answer(*who, error=errno.EALREADY)

    def local(self, held: Held, who: Caller, address: tuple[str | int, ...]) -> None:
        """To a port on loopback."""
        result = connect(held.socket, address)
        if result == errno.EALREADY:
            held.where = address
            self._wait(held, who)
        elif result:
            syscalls.answer(*who, error=result)
        else:
            held.waiters.append(who)
            self._connected(held)

    def _wait(self, held: Held, who: Caller) -> None:
        """The backlog there is full; the kernel tries again by itself."""
        self._begin(held)
        self._register(held, held.socket.fileno(), select.EPOLLOUT | select.EPOLLONESHOT)
        if os.get_blocking(held.socket.fileno()):
            held.waiters.append(who)
            held.due = held.started + (_send_timeout(held.socket) or WITHIN)
        else:
            syscalls.answer(*who, error=errno.EINPROGRESS)

    def outside(self, held: Held, who: Caller, target: Outside, program: bytes) -> None:
        """Ask the broker. Raises OSError where it cannot be asked."""
        meeting = self._meetings.get(socket.AF_INET6 if ":" in target.host else socket.AF_INET)
        if meeting is None or self._door is None:
            raise refusal(errno.ENETUNREACH)
        if len(self._under_way) >= self._most:
            raise refusal(errno.ENOBUFS)
        dial = Dial(self._door, target.host, target.port, program)
        host, port = meeting.address
        held.where = (f"::ffff:{host}" if held.socket.family != meeting.family else host, port)
        # in SYN_SENT from now on: a caller that a signal takes away finds it so, as connect(2) would leave it
        result = attempt(held.socket, held.where)
        if result != errno.EINPROGRESS:
            dial.close()
            raise refusal(result or errno.EISCONN)
        held.dial, held.meeting = dial, meeting
        self._begin(held)
        held.waiters.append(who)
        wants_to_wait = os.get_blocking(held.socket.fileno())
        held.due = held.started + ((_send_timeout(held.socket) or WITHIN) if wants_to_wait else GRACE)
        self._register(held, held.dial.connection.fileno(), select.EPOLLIN)

    def _begin(self, held: Held) -> None:
        held.started = time.monotonic()
        self._under_way[held.inode] = held

    def _register(self, held: Held, descriptor: int, events: int) -> None:
        self._by_descriptor[descriptor] = held
        self._epoll.register(descriptor, events)

    def _unregister(self, descriptor: int) -> None:
        if self._by_descriptor.pop(descriptor, None) is not None:
            with suppress(OSError):
                self._epoll.unregister(descriptor)

    def happened(self, descriptor: int) -> None:
        """An event on a descriptor of ours."""
        held = self._by_descriptor.get(descriptor)
        if held is None:
            with suppress(OSError):
                self._epoll.unregister(descriptor)
        elif held.dial is None:
            self._woken(held)
        else:
            said = held.dial.answer()
            if said is not None:
                self._dialled(held, said)

    def _woken(self, held: Held) -> None:
        """It has left SYN_SENT, or not yet. Where nobody waits in connect(2), its error is left for SO_ERROR to tell."""
        if held.waiters:
            result = attempt(held.socket, held.where)
            if result == errno.EALREADY:
                self._epoll.modify(held.socket, select.EPOLLOUT | select.EPOLLONESHOT)
            elif result:
                self._failed(held, result)
            else:
                self._connected(held)
        elif _has_peer(held.socket):
            self._connected(held)
        else:
            self._failed(held, 0)

    def _dialled(self, held: Held, said: int) -> None:
        """The broker's answer is there: join the two, or say why not."""
        dial, held.dial = held.dial, None
        if dial is None:
            return
        self._unregister(dial.connection.fileno())
        if not said:
            said = self._meet(held, dial)
        if said:
            dial.close()
            self._failed(held, said)
        else:
            self._connected(held)

    def _meet(self, held: Held, dial: Dial) -> int:
        if held.meeting is None or self._carrier is None:
            return errno.ENETDOWN
        try:
            ours = held.meeting.meet(held.socket)
        except OSError as error:
            return error.errno or errno.EIO
        attempt(held.socket, held.where)  # the kernel takes note of it: the next connect(2) is EISCONN
        return 0 if self._carrier.carry(ours, dial.connection) else errno.ENOBUFS

    def _connected(self, held: Held) -> None:
        self._done(held)
        # a signal took the last caller away before it could be told: it may call again, and hear it then
        unheard = bool(held.waiters) and not self._tell(held, 0)
        self._table.remember(held.inode, 0 if unheard else errno.EISCONN)
        self._table.release(held)

    def _failed(self, held: Held, error: int) -> None:
        """`error` 0: nobody is to be told. A caller that went on with EINPROGRESS finds ECONNRESET in SO_ERROR."""
        self._done(held)
        if error:
            with suppress(OSError):  # out of SYN_SENT, if it is still there
                held.socket.shutdown(socket.SHUT_RDWR)
        if self._tell(held, error):
            held.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def _tell(self, held: Held, error: int) -> bool:
        """What all who wait are answered. Was anybody there to hear it?"""
        waiters, held.waiters = held.waiters, []
        told = [syscalls.answer(*who, error=error) for who in waiters]
        return any(told)

    def _done(self, held: Held) -> None:
        self._unregister(held.socket.fileno())
        self._under_way.pop(held.inode, None)
        held.due = None

    def forget(self, held: Held) -> None:
        """connect(AF_UNSPEC): whatever was under way is not any more."""
        if held.dial is not None:
            self._unregister(held.dial.connection.fileno())
            held.dial.close()
            held.dial = None
        if self.under_way(held):
            self._failed(held, errno.ECONNABORTED)
            held.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def due(self) -> float | None:
        """When `act_on_time` is to be called next."""
        if not self._under_way:
            return None
        return min(held.due or held.started + WITHIN for held in self._under_way.values())

    def act_on_time(self) -> None:
        """Patience that is at its end."""
        now = time.monotonic() if self._under_way else 0.0
        for held in list(self._under_way.values()):
            if held.due is not None and now >= held.due:
                self._go_on(held)
            elif now >= held.started + WITHIN:
                self._give_up(held)

    def _go_on(self, held: Held) -> None:
        """The callers wait no longer; the socket does, in SYN_SENT."""
        held.due = None
        self._tell(held, errno.EINPROGRESS)

    def _give_up(self, held: Held) -> None:
        if held.dial is not None:
            self._dialled(held, errno.ETIMEDOUT)
        else:
            self._failed(held, errno.ETIMEDOUT)


def _has_peer(one: socket.socket) -> bool:
    try:
        one.getpeername()
    except OSError:
        return False
    return True


def _send_timeout(one: socket.socket) -> float:
    """SO_SNDTIMEO in seconds, 0 for none: it bounds a connect(2) that waits (socket(7))."""
    seconds, fraction = struct.unpack("@ll", one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, 16))
    return float(seconds + fraction / 1e6)
