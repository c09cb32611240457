"""Identity is final once the guard has run. The outer layer allows it for the guard."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import FROM_HIGH, GUARD, Probe

# no header: EFAULT
PROBE = Probe(
    id="capability-set",
    theme="kernel",
    title="change its capabilities (capset)",
    origin="general",
    control="system-calls",
    layers=(GUARD,),
    act=asks("capset", None, None),
    levels=FROM_HIGH,
)
