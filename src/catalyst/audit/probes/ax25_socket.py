"""Amateur radio; loaded on request."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="ax25-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_AX25)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_AX25 socket", 3, 5, 0),
)
