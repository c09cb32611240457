"""The modem of a phone."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="qipcrtr-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_QIPCRTR)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_QIPCRTR socket", 42, 2, 0),
)
