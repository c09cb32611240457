"""Loads whatever family is asked for."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="netlink-generic",
    theme="kernel",
    title="reach kernel modules (generic netlink)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("a generic netlink socket", 16, 3, 16),
)
