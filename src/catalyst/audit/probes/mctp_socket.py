"""The machine's management controller."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="mctp-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_MCTP)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_MCTP socket", 45, 2, 0),
)
