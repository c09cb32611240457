"""Loaded on request, used by nobody."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="x25-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_X25)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_X25 socket", 9, 5, 0),
)
