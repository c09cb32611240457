"""CVE-2021-23134."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="nfc-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_NFC)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_NFC socket", 39, 5, 1),
)
