"""No link-local address: a rule on 169.254/16 misses it."""

from catalyst.audit.inside.acts.network import tcp_to
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="metadata-alibaba",
    theme="network",
    title="take cloud credentials from Alibaba's metadata address",
    origin="I9",
    control="network-mode",
    layers=EVERYONE,
    act=tcp_to("100.100.100.200", 80),
)
