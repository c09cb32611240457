"""A route leads past the one that was meant."""

from catalyst.audit.inside.acts.network import alters
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="new-route",
    theme="network",
    title="make a route (RTM_NEWROUTE)",
    origin="general",
    control="capabilities",
    layers=EVERYONE,
    act=alters("adding a route", 24, 2),
    also=("identity",),
    needs_root=True,
)
