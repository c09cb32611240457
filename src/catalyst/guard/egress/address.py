"""What an address in connect(2) means. Pure: bytes and facts in, a decision out; errors are those the kernel gives."""

import errno
import struct
from collections.abc import Container
from socket import AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, AF_UNSPEC, inet_ntop

from catalyst.guard.record import Record

MOST = 128  # sizeof(struct sockaddr_storage): move_addr_to_kernel() takes no more
IPV4_LENGTH, IPV6_LENGTH = 16, 24  # struct sockaddr_in; sockaddr_in6 without the scope, as RFC 2133 had it
DOMAIN = 53  # asked of the broker whatever the address: resolv.conf names 127.0.0.1, where nobody listens
MAPPED = bytes(10) + b"\xff\xff"  # ::ffff:0:0/96


class Local(Record):
    """Loopback: `address` as socket.connect takes it."""

    address: tuple[str | int, ...]


class Outside(Record):
    """For the broker. `host` is an address in text, of IPv6 without brackets and without a zone."""

    host: str
    port: int


class Refused(Record):
    """The call fails with this errno."""

    number: int


class Disconnect(Record):
    """AF_UNSPEC: forget the peer (connect(2))."""


class NotOurs(Record):
    """A unix or netlink address: the kernel's to judge, since every INET socket is held on loopback."""


Decision = Local | Outside | Refused | Disconnect | NotOurs


def decide(raw: bytes, length: int, family: int, *, door: bool, own: Container[int] = ()) -> Decision:
    """`raw` are the first `length` bytes at the address, `family` the socket's. `door`: there is a broker; `own`: ports
    on loopback that are the guard's."""
    if length < 2 or length > MOST or len(raw) != length:
        return Refused(errno.EINVAL)
    (named,) = struct.unpack_from("=H", raw)
    if named in {AF_UNIX, AF_NETLINK}:
        return NotOurs()
    if named == AF_UNSPEC:
        return Disconnect()
    if length < (IPV6_LENGTH if family == AF_INET6 else IPV4_LENGTH):
        return Refused(errno.EINVAL)
    if named != family:
        return Refused(errno.EAFNOSUPPORT)
    (port,) = struct.unpack_from("!H", raw, 2)
    return _ipv6(raw, port, door, own) if family == AF_INET6 else _ipv4(raw[4:8], port, door, own, mapped=False)


def _ipv4(ip: bytes, port: int, door: bool, own: Container[int], *, mapped: bool) -> Decision:
    text = inet_ntop(AF_INET, ip)
    if ip[0] == 127 or ip == bytes(4):  # 0.0.0.0 is this host to connect(2)
        return _local((f"::ffff:{text}" if mapped else text, port), port, door, own)
    return _outside(text, port, door)


def _ipv6(raw: bytes, port: int, door: bool, own: Container[int]) -> Decision:
    ip = raw[8:24]
    if ip.startswith(MAPPED):
        return _ipv4(ip[12:], port, door, own, mapped=True)
    text = inet_ntop(AF_INET6, ip)
    if ip in {bytes(16), bytes(15) + b"\1"}:
        return _local((text, port), port, door, own)
    return _outside(text, port, door)


def _local(address: tuple[str | int, ...], port: int, door: bool, own: Container[int]) -> Decision:
    if port == DOMAIN and door:
        return Outside(str(address[0]).removeprefix("::ffff:"), port)
    return Refused(errno.ECONNREFUSED) if port in own else Local(address)


def _outside(text: str, port: int, door: bool) -> Decision:
    if not port:
        return Refused(errno.EADDRNOTAVAIL)
    return Outside(text, port) if door else Refused(errno.EACCES)
