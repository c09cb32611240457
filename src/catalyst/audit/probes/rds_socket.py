"""CVE-2010-3904 was a way to root."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="rds-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_RDS)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_RDS socket", 21, 5, 0),
)
