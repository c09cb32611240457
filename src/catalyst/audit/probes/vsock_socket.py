"""AF_VSOCK leads to the host of a virtual machine, past every network rule."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="vsock-socket",
    theme="kernel",
    title="reach the virtual machine's host",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_VSOCK socket", 40, 1, 0),
)
