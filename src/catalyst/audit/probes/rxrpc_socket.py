"""Loaded on request."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="rxrpc-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_RXRPC)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_RXRPC socket", 33, 2, 2),
)
