"""CVE-2021-3609; a car's bus."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="can-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_CAN)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_CAN socket", 29, 3, 1),
)
