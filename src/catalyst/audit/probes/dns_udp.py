"""Names carry data out."""

from catalyst.audit.inside.acts.network import NOWHERE, by_connect, udp
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="dns-udp",
    theme="network",
    title="ask a name server by UDP",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=lambda _: udp((NOWHERE, 53), by_connect),
    also=("system-calls",),
)
