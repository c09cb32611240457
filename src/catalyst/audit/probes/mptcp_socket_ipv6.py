"""Landlock's rules on TCP do not see it."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="mptcp-socket-ipv6",
    theme="kernel",
    title="connect by Multipath TCP over IPv6",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an MPTCP socket over IPv6", 10, 1, 262),
)
