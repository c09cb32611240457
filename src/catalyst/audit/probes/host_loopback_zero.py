"""0.0.0.0 as a destination is this machine, which filters of 127/8 forget."""

from catalyst.audit.inside.acts.network import open_door, to_bait
from catalyst.audit.inside.probe import EVERYONE, Probe

act = to_bait("tcp", lambda to: open_door(("0.0.0.0", to[1])))  # noqa: S104 -- a destination, nothing listens

PROBE = Probe(
    id="host-loopback-zero",
    theme="network",
    title="reach a service on the host's loopback, as 0.0.0.0",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=act,
)
