"""Where stolen tokens go and miners come from."""

from catalyst.audit.inside.acts.network import NOWHERE, tcp_to
from catalyst.audit.inside.probe import EVERYONE, SEALED, Probe

PROBE = Probe(
    id="internet-tcp",
    theme="network",
    title="connect to the internet",
    origin="I3, I7",
    control="network-mode",
    layers=EVERYONE,
    act=tcp_to(NOWHERE, 80),
    networks=SEALED,
)
