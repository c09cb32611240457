"""Loaded on request."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="llc-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_LLC)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_LLC socket", 26, 1, 0),
)
