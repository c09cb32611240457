"""Landlock's rules on TCP do not see it."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="mptcp-socket",
    theme="kernel",
    title="connect by Multipath TCP",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an MPTCP socket", 2, 1, 262),
)
