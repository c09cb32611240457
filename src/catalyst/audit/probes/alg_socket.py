"""AF_ALG, the kernel's crypto by socket: Copy Fail (CVE-2026-31431) wrote to the page cache through it."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="alg-socket",
    theme="kernel",
    title="reach the kernel's crypto code (AF_ALG)",
    origin="CVE-2026-31431",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("an AF_ALG socket", 38, 5, 0),
)
