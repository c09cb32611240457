"""execveat's flags are an int."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.native import HIGH
from catalyst.audit.inside.probe import GUARD, Probe

# EBADF
PROBE = Probe(
    id="nameless-program-high-bits",
    theme="kernel",
    title="run a file that has no name (execveat, with high bits set)",
    origin="I7",
    control="system-calls",
    layers=(GUARD,),
    act=asks("execveat", -1, b"\0", None, None, HIGH | 0x1000),
)
