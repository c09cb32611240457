"""AF_PACKET sees all traffic of the interface."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="packet-socket",
    theme="kernel",
    title="listen to the network card",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_PACKET socket", 17, 3, 0),
    also=("capabilities", "identity"),
    needs_root=True,
)
