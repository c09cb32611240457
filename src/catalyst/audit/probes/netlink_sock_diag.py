"""Shows addresses and peers."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="netlink-sock-diag",
    theme="kernel",
    title="list every socket of the machine (sock_diag)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("a sock_diag netlink socket", 16, 3, 4),
)
