"""CVE-2016-4805."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="pppox-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_PPPOX)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_PPPOX socket", 24, 1, 0),
)
