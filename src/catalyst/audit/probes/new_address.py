"""With another's address it gets another's traffic."""

from catalyst.audit.inside.acts.network import alters
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="new-address",
    theme="network",
    title="give itself an address (RTM_NEWADDR)",
    origin="general",
    control="capabilities",
    layers=EVERYONE,
    act=alters("adding an address", 20, 2),
    also=("identity",),
    needs_root=True,
)
