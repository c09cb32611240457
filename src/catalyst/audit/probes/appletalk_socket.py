"""Loaded on request."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="appletalk-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_APPLETALK)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_APPLETALK socket", 5, 2, 0),
)
