"""What listens for the local network."""

from catalyst.audit.inside.acts.network import open_door, to_bait
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="host-address",
    theme="network",
    title="reach a service on the host's own address",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=to_bait("lan", open_door),
)
