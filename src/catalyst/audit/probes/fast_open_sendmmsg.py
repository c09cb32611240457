"""MSG_FASTOPEN connects without connect(2)."""

from catalyst.audit.inside.acts.network import MSG_FASTOPEN, by_sendmmsg, fast_open, to_bait
from catalyst.audit.inside.probe import EVERYONE, Probe

act = to_bait("tcp", lambda to: fast_open(to, lambda line, name: by_sendmmsg(line, name, MSG_FASTOPEN)))

PROBE = Probe(
    id="fast-open-sendmmsg",
    theme="network",
    title="connect by TCP Fast Open (sendmmsg)",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=act,
    also=("system-calls",),
)
