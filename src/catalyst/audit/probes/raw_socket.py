"""SOCK_RAW over IPv4, ICMP."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="raw-socket",
    theme="kernel",
    title="forge network packets",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("a raw socket", 2, 3, 1),
    also=("capabilities", "identity"),
    needs_root=True,
)
