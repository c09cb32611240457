"""Amateur radio; loaded on request."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="netrom-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_NETROM)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_NETROM socket", 6, 5, 0),
)
