"""The process connector names every fork and exec."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="netlink-connector",
    theme="kernel",
    title="listen to the start of every program (connector)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("a connector netlink socket", 16, 3, 11),
)
