"""Databases and development servers trust it."""

from catalyst.audit.inside.acts.network import open_door, to_bait
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="host-loopback",
    theme="network",
    title="reach a service on the host's loopback",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=to_bait("tcp", open_door),
)
