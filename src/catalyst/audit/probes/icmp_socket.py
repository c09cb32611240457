"""Data travels in pings. Who may do it, net.ipv4.ping_group_range says, for root too."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="icmp-socket",
    theme="kernel",
    title="send by ping (ICMP datagrams)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an ICMP datagram socket", 2, 2, 1),
)
