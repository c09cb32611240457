"""Hysteria, GHOST's proxy, speaks UDP; sendto(2) needs no connect(2), which is all some supervise."""

from catalyst.audit.inside.acts.network import NOWHERE, by_sendto, udp
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="internet-udp",
    theme="network",
    title="send to the internet by UDP",
    origin="I7",
    control="network-mode",
    layers=EVERYONE,
    act=lambda _: udp((NOWHERE, 14433), by_sendto),
    also=("system-calls",),
)
