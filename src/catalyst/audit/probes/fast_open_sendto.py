"""MSG_FASTOPEN connects without connect(2)."""

from catalyst.audit.inside.acts.network import MSG_FASTOPEN, fast_open, to_bait
from catalyst.audit.inside.probe import EVERYONE, Probe

act = to_bait("tcp", lambda to: fast_open(to, lambda line, name: line.sendto(b"", MSG_FASTOPEN, name)))

PROBE = Probe(
    id="fast-open-sendto",
    theme="network",
    title="connect by TCP Fast Open (sendto)",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=act,
    also=("system-calls",),
)
