"""GHOST rents the machine out; its proxy's admin port is 3301."""

import socket

from catalyst.audit.inside.acts.network import reachable
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """Bound to every address; it counts if there is one that others can see."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        line.bind(("0.0.0.0", 3301))  # noqa: S104 -- the attack
        line.listen(1)
        return reachable(line, 3301)


PROBE = Probe(
    id="proxy-port",
    theme="network",
    title="offer a proxy to the internet",
    origin="I7",
    control="network-mode",
    layers=EVERYONE,
    act=act,
)
