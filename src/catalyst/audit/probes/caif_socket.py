"""Modems; loaded on request."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="caif-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_CAIF)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_CAIF socket", 37, 5, 0),
)
