"""CVE-2024-44946."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="kcm-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_KCM)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_KCM socket", 41, 2, 0),
)
