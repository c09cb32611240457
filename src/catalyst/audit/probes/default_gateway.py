"""Routers have passwords of their own, often the one from the shop."""

from catalyst.audit.inside.acts.network import connect, gateway
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, denied


def act(_: Context) -> Answer:
    """The default route's next hop."""
    router = gateway()
    return connect((router, 80)) if router else denied("there is no default route")


PROBE = Probe(
    id="default-gateway",
    theme="network",
    title="reach the router",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=act,
)
