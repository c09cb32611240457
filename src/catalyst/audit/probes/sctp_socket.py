"""A protocol that firewalls for TCP and UDP do not see."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="sctp-socket",
    theme="kernel",
    title="connect by SCTP",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an SCTP socket", 2, 1, 132),
)
