"""Copy Fail and Dirty Pipe wrote to read-only files through it. The outer layer allows it for the way in."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import GUARD, Probe

# EBADF
PROBE = Probe(
    id="splice",
    theme="kernel",
    title="move pages between files and pipes (splice)",
    origin="CVE-2026-31431, CVE-2022-0847",
    control="system-calls",
    layers=(GUARD,),
    act=asks("splice", -1, None, -1, None, 1, 0),
    levels=("maximum",),
)
