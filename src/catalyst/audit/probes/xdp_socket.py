"""Past the network stack and its filters."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="xdp-socket",
    theme="kernel",
    title="take packets from the network card (AF_XDP)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_XDP socket", 44, 3, 0),
    also=("capabilities", "identity"),
    needs_root=True,
)
