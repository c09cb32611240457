"""process_mrelease(2)."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

# EBADF
PROBE = Probe(
    id="reap-others",
    theme="kernel",
    title="take a dying process's memory (process_mrelease)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("process_mrelease", -1, 0),
    levels=FROM_HIGH,
)
