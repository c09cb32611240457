"""MSG_FASTOPEN connects without connect(2)."""

from catalyst.audit.inside.acts.network import MSG_FASTOPEN, fast_open, to_bait
from catalyst.audit.inside.probe import EVERYONE, Probe

act = to_bait("tcp", lambda to: fast_open(to, lambda line, name: line.sendmsg([b""], [], MSG_FASTOPEN, name)))

PROBE = Probe(
    id="fast-open-sendmsg",
    theme="network",
    title="connect by TCP Fast Open (sendmsg)",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=act,
    also=("system-calls",),
)
