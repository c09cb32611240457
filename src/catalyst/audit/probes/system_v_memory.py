"""System V shared memory."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no segment has that key: ENOENT
PROBE = Probe(
    id="system-v-memory",
    theme="kernel",
    title="open System V shared memory",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("shmget", 0x6361_7461, 0, 0),
    levels=("maximum",),
)
