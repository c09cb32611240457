"""nf_tables has been the way to root again and again (CVE-2024-1086)."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="netlink-socket",
    theme="kernel",
    title="reach the kernel's firewall code",
    origin="CVE-2024-1086",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("a netfilter netlink socket", 16, 3, 12),
)
