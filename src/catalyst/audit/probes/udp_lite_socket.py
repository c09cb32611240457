"""UDP under another number."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="udp-lite-socket",
    theme="kernel",
    title="send by UDP-Lite",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("a UDP-Lite socket", 2, 2, 136),
)
