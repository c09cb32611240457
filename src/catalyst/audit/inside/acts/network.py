"""Acts on the network. Literal addresses only and no payload: nothing is looked up, and no byte is sent."""

import errno
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from catalyst.audit.inside.native import address, block_of, call
from catalyst.audit.inside.probe import Answer, Context, allowed, denied, first_allowed, met, unknown

Act = Callable[[Context], Answer]
Address = tuple[str, int]
TIMEOUT = 1.0
DECIDED = 3.0  # s that a supervised call may take to be decided
# No peer answers a first packet so: the guard does, where the broker's refusal comes after the call was "in progress".
GIVEN_UP = "given up while it was in progress"
NOWHERE = "198.51.100.1"  # TEST-NET-2, RFC 5737: documentation only, no host has it
MSG_FASTOPEN, TCP_FASTOPEN_CONNECT, IP_RECVERR = 0x2000_0000, 30, 11


def connect(to: Address, family: int = socket.AF_INET) -> Answer:
    """TCP. No answer within the time is no refusal either: packets left, so there is a route."""
    where = f"{to[0]}:{to[1]}"
    try:
        with socket.socket(family, socket.SOCK_STREAM) as line:
            line.settimeout(TIMEOUT)
            line.connect(to)
    except TimeoutError:
        return allowed(f"{where}: no answer and no refusal: a route exists")
    except ConnectionRefusedError as error:
        return allowed(f"{where}: something there answered, so a route exists", error)
    except ConnectionResetError:
        return Answer("denied", f"{where}: {GIVEN_UP}", "ECONNRESET")
    except OSError as error:
        return met(error, where)
    return allowed(f"{where}: connected")


def open_door(to: Address, timeout: float = TIMEOUT, family: int = socket.AF_INET) -> Answer:
    """TCP, where only a connection counts."""
    where = f"{to[0]}:{to[1]}"
    try:
        with socket.socket(family, socket.SOCK_STREAM) as line:
            line.settimeout(timeout)
            line.connect(to)
    except TimeoutError:
        return denied(f"{where}: no answer")
    except ConnectionResetError:
        return Answer("denied", f"{where}: {GIVEN_UP}", "ECONNRESET")
    except OSError as error:
        return met(error, where)
    return allowed(f"{where} can be talked to")


def departs(host: str, *ports: int) -> Answer:
    """Whether a first packet leaves for any of the ports. A supervised call that is not decided at once is "in progress"
    too, so only what nobody has refused by the end of the time has left."""
    with ExitStack() as stack:
        waiting: dict[int, tuple[socket.socket, str]] = {}
        answers = []
        for port in ports:
            line, where = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM)), f"{host}:{port}"
            line.setblocking(False)
            number = line.connect_ex((host, port))
            if number == errno.EINPROGRESS:
                waiting[line.fileno()] = (line, where)
            else:
                answers.append(_departed(number, where))
        answers += _decided(waiting)
        answers += [allowed(f"{where}: the first packet left: a route exists") for _, where in waiting.values()]
    return first_allowed([partial(_same, answer) for answer in answers], "no port to try")


def _decided(waiting: dict[int, tuple[socket.socket, str]]) -> Iterator[Answer]:
    """What became of them; those that wait on at the end of the time stay."""
    poll, end = select.poll(), time.monotonic() + DECIDED
    for number in waiting:
        poll.register(number, select.POLLOUT)
    while waiting and (left := end - time.monotonic()) > 0:
        for number, _ in poll.poll(1000 * left):
            poll.unregister(number)
            line, where = waiting.pop(number)
            yield _departed(line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), where)


def _departed(number: int, where: str) -> Answer:
    """What the errno of a connect means, 0 for none."""
    match number:
        case 0:
            return allowed(f"{where}: connected")
        case errno.ECONNREFUSED:
            return allowed(f"{where}: something there answered, so a route exists", OSError(number, os.strerror(number)))
        case errno.ECONNRESET:
            return Answer("denied", f"{where}: {GIVEN_UP}", "ECONNRESET")
        case _:
            return met(OSError(number, os.strerror(number)), where)


def _same(answer: Answer) -> Answer:
    return answer


def tcp_to(host: str, port: int, family: int = socket.AF_INET) -> Act:
    """TCP to a fixed address."""
    return lambda _: connect((host, port), family)


def to_bait(key: str, act: Callable[[Address], Answer]) -> Act:
    """Towards the listener that was laid as bait under that key."""

    def towards(context: Context) -> Answer:
        host, _, port = context.bait.get(key, "").rpartition(":")
        return act((host, int(port))) if host else unknown("no bait was laid")

    return towards


def udp(to: Address, send: Callable[[socket.socket, Address], object]) -> Answer:
    """An empty datagram, sent as `send` does it."""
    where = f"{to[0]}:{to[1]}/udp"
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            send(line, to)
    except OSError as error:
        return met(error, where)
    return allowed(f"{where}: the datagram left: a route exists")


def udp_door(to: Address, send: Callable[[socket.socket, Address], object]) -> Answer:
    """The same, where only a listener counts: the loopback says at once that there is none (IP_RECVERR, ip(7))."""

    def send_and_hear(line: socket.socket, name: Address) -> None:
        line.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        send(line, name)
        if error := line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(error, os.strerror(error))

    return udp(to, send_and_hear)


def by_sendto(line: socket.socket, to: Address) -> object:
    """Without connect(2): who supervises connect alone misses it."""
    return line.sendto(b"", to)


def by_connect(line: socket.socket, to: Address) -> object:
    """connect(2), then send(2)."""
    line.connect(to)
    return line.send(b"")


def by_sendmmsg(line: socket.socket, to: Address, flags: int = 0) -> object:
    """sendmmsg(2), which takes several at once."""
    name = block_of(socket_address(to))
    # struct mmsghdr: name, its length, no vector, no control, no flags; how many bytes were sent
    message = block_of(struct.pack("=QI4xQQQQi4xI4x", address(name), len(name), 0, 0, 0, 0, 0, 0))
    return call("sendmmsg", line.fileno(), address(message), 1, flags)


def socket_address(to: Address) -> bytes:
    """struct sockaddr_in."""
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H4s8x", to[1], socket.inet_aton(to[0]))


def fast_open(to: Address, send: Callable[[socket.socket, Address], object]) -> Answer:
    """TCP Fast Open connects with the first send: no connect(2) for a filter or Landlock to see."""
    where = f"{to[0]}:{to[1]} by Fast Open"
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
            # a time-out of Python's own would make the socket non-blocking, and the send return too early
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 1, 0))
            send(line, to)
            line.getpeername()
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:  # net.ipv4.tcp_fastopen has it switched off
            return Answer("denied", f"{where}: switched off here", "EOPNOTSUPP")
        return met(error, where)
    return allowed(f"{where}: connected")


def names() -> list[str]:
    """Network interfaces but the loopback."""
    return [name for _, name in socket.if_nameindex() if name != "lo"]


def own_addresses() -> list[str]:
    """This network namespace's IPv4 addresses outside 127/8, as the routing table has them."""
    found, last = list[str](), ""
    for line in Path("/proc/net/fib_trie").read_text().splitlines():
        words = line.split()
        if words[:1] == ["|--"]:
            last = words[-1]
        elif words[:2] == ["/32", "host"] and words[2] == "LOCAL" and not last.startswith("127."):
            found.append(last)
    return sorted(set(found))


def reachable(listening: socket.socket, port: int) -> Answer:
    """Whether what listens can be reached at an address that others can see."""
    if not (addresses := own_addresses()):
        return denied(f"port {port} is open, to the loopback alone: there is no other address")
    with socket.create_connection((addresses[0], port), TIMEOUT):
        listening.accept()[0].close()
    return allowed(f"port {port} is open to others at {len(addresses)} addresses")


def gateway() -> str | None:
    """The default route's next hop (/proc/net/route)."""
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        words = line.split()
        if words[1] == "00000000" and words[2] != "00000000":
            return socket.inet_ntoa(bytes.fromhex(words[2])[::-1])
    return None


def alters(what: str, kind: int, family: int) -> Act:
    """Ask rtnetlink to make something, with a header that is too short.

    rtnetlink_rcv_msg() asks for CAP_NET_ADMIN first, EPERM; the parser then answers EINVAL (net/core/rtnetlink.c). EACCES is
    what gVisor answers without that capability, and a security module of Linux.
    """

    def act(_: Context) -> Answer:
        request = struct.pack("=IHHIIB3x", 20, kind, 1 | 4, 1, 0, family)  # NLM_F_REQUEST | NLM_F_ACK
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as line:
            line.settimeout(TIMEOUT)
            line.bind((0, 0))
            line.send(request)
            answer = line.recv(4096)
        code = -struct.unpack_from("=i", answer, 16)[0]
        if code in {errno.EPERM, errno.EACCES}:
            return met(OSError(code, os.strerror(code)), what)
        return allowed(f"{what} reaches the kernel, which found fault with the request only", OSError(code, ""))

    return act
