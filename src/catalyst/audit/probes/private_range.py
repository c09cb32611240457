"""Routers, printers, storage and the other machines of a network trust whoever is on it."""

from catalyst.audit.inside.acts.network import tcp_to
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

PROBE = Probe(
    id="private-range",
    theme="network",
    title="reach the owner's network",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=tcp_to("10.255.255.1", 80),
    levels=FROM_HIGH,
)
