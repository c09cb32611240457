"""Data travels in pings."""

import errno
import socket

from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, denied, met


def act(_: Context) -> Answer:
    """A filter answers EPERM; EACCES is net.ipv4.ping_group_range, which may let nobody, root included."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()
    except OSError as error:
        if error.errno == errno.EACCES:
            return denied("net.ipv4.ping_group_range lets nobody do it")
        return met(error, "an ICMP datagram socket")
    return allowed("an ICMP datagram socket could be made")


PROBE = Probe(
    id="icmp-socket",
    theme="kernel",
    title="send by ping (ICMP datagrams)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
)
