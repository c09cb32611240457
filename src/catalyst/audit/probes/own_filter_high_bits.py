"""prctl's option is an int."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.native import HIGH
from catalyst.audit.inside.probe import GUARD, Probe

# no filter: EFAULT
PROBE = Probe(
    id="own-filter-high-bits",
    theme="kernel",
    title="put a system call filter over a program (prctl, with high bits set)",
    origin="general",
    control="system-calls",
    layers=(GUARD,),
    act=asks("prctl", HIGH | 22, 2, None),
)
