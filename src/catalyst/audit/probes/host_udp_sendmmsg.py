"""sendmmsg(2), which some filters forget."""

from functools import partial

from catalyst.audit.inside.acts.network import by_sendmmsg, to_bait, udp_door
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="host-udp-sendmmsg",
    theme="network",
    title="send to the host's loopback by UDP, several at once",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=to_bait("udp", partial(udp_door, send=by_sendmmsg)),
    also=("system-calls",),
)
