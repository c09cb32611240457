"""The guard has restricted the workload; nothing else need. The outer layer allows it for the guard."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import GUARD, Probe

# asks for the version
PROBE = Probe(
    id="landlock-again",
    theme="kernel",
    title="make rules of Landlock's",
    origin="general",
    control="system-calls",
    layers=(GUARD,),
    act=asks("landlock_create_ruleset", None, 0, 1),
    levels=("maximum",),
)
