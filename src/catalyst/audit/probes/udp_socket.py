"""DNS tunnels and QUIC."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="udp-socket",
    theme="kernel",
    title="open a UDP socket",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("a UDP socket", 2, 2, 0),
)
