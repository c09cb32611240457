"""CVE-2017-16939 and CVE-2022-36879."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="netlink-xfrm",
    theme="kernel",
    title="reach the kernel's IPsec code",
    origin="CVE-2017-16939",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an xfrm netlink socket", 16, 3, 6),
)
