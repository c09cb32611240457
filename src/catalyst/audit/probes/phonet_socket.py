"""Loaded on request."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="phonet-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_PHONET)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_PHONET socket", 35, 2, 0),
)
