"""A virtual card with its other end outside is a way out."""

from catalyst.audit.inside.acts.network import alters
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="new-interface",
    theme="network",
    title="make a network card (RTM_NEWLINK)",
    origin="general",
    control="capabilities",
    layers=EVERYONE,
    act=alters("making an interface", 16, 0),
    also=("identity",),
    needs_root=True,
)
