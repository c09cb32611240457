"""A public address that leads to the host, and to certificates."""

from catalyst.audit.inside.acts.network import tcp_to
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="metadata-azure",
    theme="network",
    title="reach Azure's host agent (WireServer)",
    origin="I9",
    control="network-mode",
    layers=EVERYONE,
    act=tcp_to("168.63.129.16", 80),
)
