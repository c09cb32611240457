"""DNS tunnels and QUIC."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="udp-socket-ipv6",
    theme="kernel",
    title="open a UDP socket over IPv6",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("a UDP socket over IPv6", 10, 2, 0),
)
