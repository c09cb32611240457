"""ECS and EKS hand task credentials out there."""

from catalyst.audit.inside.acts.network import tcp_to
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="metadata-containers",
    theme="network",
    title="take cloud credentials from the address for containers",
    origin="I9",
    control="network-mode",
    layers=EVERYONE,
    act=tcp_to("169.254.170.2", 80),
)
