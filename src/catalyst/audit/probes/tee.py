"""splice(2)'s brother. The outer layer allows it for the way in."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import GUARD, Probe

# EBADF
PROBE = Probe(
    id="tee",
    theme="kernel",
    title="copy pages between pipes (tee)",
    origin="general",
    control="system-calls",
    layers=(GUARD,),
    act=asks("tee", -1, -1, 1, 0),
    levels=("maximum",),
)
