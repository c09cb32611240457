"""AF_INET with SOCK_PACKET is AF_PACKET to the kernel (net/socket.c): a filter of families misses it."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="packet-socket-by-type",
    theme="kernel",
    title="listen to the network card, by the old type",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("a SOCK_PACKET socket", 2, 10, 768),
    also=("capabilities", "identity"),
    needs_root=True,
)
