"""CVE-2017-6074 was a way to root."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="dccp-socket",
    theme="kernel",
    title="connect by DCCP",
    origin="CVE-2017-6074",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("a DCCP socket", 2, 6, 33),
)
