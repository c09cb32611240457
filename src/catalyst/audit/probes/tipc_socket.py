"""CVE-2021-43267: code execution in the kernel."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="tipc-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_TIPC)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_TIPC socket", 30, 5, 0),
)
