"""Answers the workload's calls: socket, bind, listen, connect. Part of PID 1's loop, so nothing here waits for anybody."""

import errno
import os
import resource
import select
import socket
from collections.abc import Callable
from contextlib import suppress

from catalyst.guard import syscalls
from catalyst.guard.egress import caller
from catalyst.guard.egress.address import MOST, Disconnect, Local, NotOurs, Refused, decide
from catalyst.guard.egress.connections import Connections, refusal
from catalyst.guard.egress.listeners import Listeners
from catalyst.guard.egress.table import Held, Table
from catalyst.guard.plan import Egress
from catalyst.guard.syscalls import Notification

CALLS = {
    "x86_64": {41: "socket", 42: "connect", 49: "bind", 50: "listen"},
    "aarch64": {198: "socket", 203: "connect", 200: "bind", 201: "listen"},
}
MOST_HELD, ROUNDS = 8192, 64
KIND, FLAGS = 0xF, os.O_CLOEXEC | os.O_NONBLOCK  # of socket(2)'s second argument
LOOPBACK = b"lo\0"


class Supervision:
    """`bind`: the ports TCP sockets may be bound to, None for any. Raises OSError where loopback cannot be used."""

    def __init__(self, egress: Egress, bind: tuple[int, ...] | None) -> None:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._bind = bind
        self._calls = CALLS[os.uname().machine]
        self._epoll = select.epoll()
        self._listeners: set[int] = set()
        self._own = Listeners()
        self._table = Table(min(MOST_HELD, soft // 2))
        self._connections = Connections(egress.door, self._table, self._epoll, most=max(1, min(256, soft // 8)))
        self._answers: dict[str, Callable[[int, Notification], None]] = {
            "socket": self._socket, "connect": self._connect, "bind": self._bound, "listen": self._listen,
        }  # fmt: skip

    def fileno(self) -> int:
        """Readable when `step` has something to do."""
        return self._epoll.fileno()

    def watch(self, listener: int) -> None:
        """Answer what this listener tells, until nobody is left under its filter."""
        self._listeners.add(listener)
        self._epoll.register(listener, select.EPOLLIN)

    def due(self) -> float | None:
        """When `step` is to be called even if nothing happens (time.monotonic())."""
        return self._connections.due()

    def ended(self, pid: int) -> bool:
        """Was that process one of ours? It is replaced."""
        return self._connections.ended(pid)

    def step(self) -> None:
        """Do what there is to do, and come back soon: signals are waiting."""
        for _ in range(ROUNDS):
            events = self._epoll.poll(0, 64)
            if not events:
                break
            for descriptor, event in events:
                if descriptor in self._listeners:
                    self._told(descriptor, event)
                else:
                    self._connections.happened(descriptor)
        self._connections.act_on_time()

    def _told(self, listener: int, event: int) -> None:
        if not event & select.EPOLLIN:  # EPOLLHUP: nobody is left under this filter
            self._listeners.discard(listener)
            self._epoll.unregister(listener)
            os.close(listener)
            return
        told = syscalls.receive_notification(listener)
        if told is None:
            return
        try:
            self._answers[self._calls[told.number]](listener, told)
        except OSError as error:
            with suppress(OSError):
                syscalls.answer(listener, told.id, error=error.errno or errno.EIO)

    def _socket(self, listener: int, told: Notification) -> None:
        family, kind, protocol = (argument & 0xFFFFFFFF for argument in told.arguments[:3])
        if kind & ~(KIND | FLAGS):
            raise refusal(errno.EINVAL)
        if protocol not in {0, socket.IPPROTO_TCP}:  # MPTCP and SCTP are stream sockets too
            raise refusal(errno.EPROTONOSUPPORT)
        if self._table.full():
            raise refusal(errno.ENFILE)
        made = socket.socket(family, kind | os.O_CLOEXEC, protocol)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, LOOPBACK)
            given = syscalls.give(listener, told.id, made.fileno(), kind & os.O_CLOEXEC)
        except OSError:
            made.close()
            raise
        if given:
            self._table.add(made)
        else:
            made.close()

    def _bound(self, listener: int, told: Notification) -> None:
        """The kernel does it, by Landlock's rules; only, a port may look taken because of a socket closed long ago."""
        length = _int(told.arguments[2])
        with suppress(OSError):
            raw = caller.memory(told.thread, told.arguments[1], length) if 8 <= length <= MOST else bytes(8)
            port = int.from_bytes(raw[2:4])
            if port and int.from_bytes(raw[:2], "little") in {socket.AF_INET, socket.AF_INET6}:
                self._table.free_port(port)
        syscalls.answer(listener, told.id, proceed=True)

    def _listen(self, listener: int, told: Notification) -> None:
        held = self._known(listener, told)
        if held is None:  # a unix socket, or one that listens already
            syscalls.answer(listener, told.id, proceed=True)
            return
        if self._bind is not None and held.socket.getsockname()[1] == 0:
            raise refusal(errno.EACCES)  # the kernel would choose a port, past Landlock's rule for bind(2)
        backlog = _int(told.arguments[1])
        held.socket.listen(backlog if backlog >= 0 else 1 << 16)
        self._own.add(held.inode)
        self._table.release(held)
        syscalls.answer(listener, told.id)

    def _known(self, listener: int, told: Notification) -> Held | None:
        inode = caller.inode(told.thread, _int(told.arguments[0]))
        if not syscalls.is_waiting(listener, told.id):  # the thread's number may be another's by now
            raise refusal(errno.EINTR)
        return self._table.find(inode)

    def _connect(self, listener: int, told: Notification) -> None:
        length = _int(told.arguments[2])
        raw = caller.memory(told.thread, told.arguments[1], length) if 0 < length <= MOST else b""
        inode = caller.inode(told.thread, _int(told.arguments[0]))
        if not syscalls.is_waiting(listener, told.id):
            return
        held = self._table.find(inode)
        family = held.socket.family if held else socket.AF_UNSPEC
        decision = decide(raw, length, family, door=self._connections.has_door, own=self._connections.own_ports)
        who = (listener, told.id)
        if isinstance(decision, NotOurs):
            syscalls.answer(listener, told.id, proceed=True)
        elif held is None:
            self._connections.unknown(inode, who)
        elif isinstance(decision, Disconnect):
            self._connections.forget(held)
            syscalls.answer(listener, told.id)
        elif isinstance(decision, Refused):
            raise refusal(decision.number)
        elif self._connections.under_way(held):
            self._connections.join(held, who)
        elif isinstance(decision, Local):
            if not self._own.at(int(decision.address[1])):
                raise refusal(errno.ECONNREFUSED)
            self._connections.local(held, who, decision.address)
        else:
            self._connections.outside(held, who, decision, caller.program(told.thread))


def _int(argument: int) -> int:
    """An int parameter as the kernel takes it: the low 32 bits, signed."""
    low = argument & 0xFFFFFFFF
    return low - (1 << 32) if low >> 31 else low
