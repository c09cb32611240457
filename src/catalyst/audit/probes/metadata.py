"""AWS, Azure, Google and others."""

from catalyst.audit.inside.acts.network import tcp_to
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="metadata",
    theme="network",
    title="take cloud credentials from the metadata address",
    origin="I9",
    control="network-mode",
    layers=EVERYONE,
    act=tcp_to("169.254.169.254", 80),
)
