"""Falls back to TCP: a connection that no rule on TCP sees."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="smc-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_SMC)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_SMC socket", 43, 1, 0),
)
