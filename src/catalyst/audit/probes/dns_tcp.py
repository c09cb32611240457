"""Names carry data out. Where there is a broker, whoever asks a name server gets the broker, which forwards no query."""

from catalyst.audit.inside.acts.network import NOWHERE, tcp_to
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="dns-tcp",
    theme="network",
    title="ask a name server by TCP",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=tcp_to(NOWHERE, 53),
    networks=("isolated",),
)
