"""CVE-2013-2237 and its like."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="key-socket",
    theme="kernel",
    title="reach the kernel's IPsec code by its old door (AF_KEY)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_KEY socket", 15, 3, 2),
    also=("capabilities", "identity"),
    needs_root=True,
)
