"""How a program that never was a file is started."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import GUARD, Probe

# EBADF
PROBE = Probe(
    id="nameless-program",
    theme="kernel",
    title="run a file that has no name (execveat)",
    origin="I7",
    control="system-calls",
    layers=(GUARD,),
    act=asks("execveat", -1, b"\0", None, None, 0x1000),
)
