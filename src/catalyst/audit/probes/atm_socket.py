"""Loaded on request, used by nobody."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="atm-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_ATMPVC)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_ATMPVC socket", 8, 2, 0),
)
