"""Identity is final."""

from catalyst.audit.inside.acts.kernel import does
from catalyst.audit.inside.probe import EVERYONE, Probe

# neither is changed
PROBE = Probe(
    id="swap-user-ids",
    theme="kernel",
    title="exchange its user numbers (setreuid)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=does("setreuid", "setreuid", -1, -1),
    levels=("maximum",),
)
