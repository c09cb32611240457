"""connect(2), then send(2)."""

from functools import partial

from catalyst.audit.inside.acts.network import by_connect, to_bait, udp_door
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="host-udp-connected",
    theme="network",
    title="send to the host's loopback by connected UDP",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=to_bait("udp", partial(udp_door, send=by_connect)),
    also=("system-calls",),
)
