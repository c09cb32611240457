"""SOCK_RAW, ICMPv6."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="raw-socket-ipv6",
    theme="kernel",
    title="forge network packets over IPv6",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("a raw IPv6 socket", 10, 3, 58),
    also=("capabilities", "identity"),
    needs_root=True,
)
