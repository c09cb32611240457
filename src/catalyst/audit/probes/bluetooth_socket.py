"""BleedingTooth (CVE-2020-12351)."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="bluetooth-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_BLUETOOTH)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_BLUETOOTH socket", 31, 3, 1),
)
