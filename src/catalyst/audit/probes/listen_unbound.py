"""listen(2) picks a port by itself: rules on bind(2) do not see it."""

import socket

from catalyst.audit.inside.acts.network import reachable
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe


def act(_: Context) -> Answer:
    """It counts if there is an address that others can see."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.listen(1)
        return reachable(line, line.getsockname()[1])


PROBE = Probe(
    id="listen-unbound",
    theme="network",
    title="listen for others without bind(2)",
    origin="general",
    control="network-mode",
    layers=ENGINES,
    act=act,
)
