"""Radio; loaded on request."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="ieee802154-socket",
    theme="kernel",
    title="reach kernel code that nothing here uses (AF_IEEE802154)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_IEEE802154 socket", 36, 2, 0),
)
