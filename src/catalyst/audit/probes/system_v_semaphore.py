"""System V semaphores."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

# no set has that key: ENOENT
PROBE = Probe(
    id="system-v-semaphore",
    theme="kernel",
    title="open a System V semaphore",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("semget", 0x6361_7461, 0, 0),
    levels=FROM_HIGH,
)
