"""Audit records tell what every program does."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="netlink-audit",
    theme="kernel",
    title="reach the kernel's audit",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an audit netlink socket", 16, 3, 9),
)
