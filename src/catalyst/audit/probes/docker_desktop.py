"""Docker Desktop answered its API there without a password. At `normal`, `public` lets a node reach its owner's network."""

from catalyst.audit.inside.acts.network import tcp_to
from catalyst.audit.inside.probe import EVERYONE, SEALED, Probe

PROBE = Probe(
    id="docker-desktop",
    theme="network",
    title="reach Docker Desktop's engine from a container",
    origin="CVE-2025-9074",
    control="network-mode",
    layers=EVERYONE,
    act=tcp_to("192.168.65.7", 2375),
    networks=SEALED,
)
