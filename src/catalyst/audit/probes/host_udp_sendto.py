"""sendto(2), without connect(2)."""

from functools import partial

from catalyst.audit.inside.acts.network import by_sendto, to_bait, udp_door
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="host-udp-sendto",
    theme="network",
    title="send to the host's loopback by UDP",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=to_bait("udp", partial(udp_door, send=by_sendto)),
    also=("system-calls",),
)
