"""The guard reads its plan at every start."""

from catalyst.audit.inside.acts.files import planting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="guard-plan",
    theme="write",
    title="alter the guard's plan",
    origin="general",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=planting("/run/catalyst/plan.json"),
)
