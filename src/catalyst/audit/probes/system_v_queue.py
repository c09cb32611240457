"""Its messages spray the kernel's heap in exploits."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

# no queue has that key: ENOENT
PROBE = Probe(
    id="system-v-queue",
    theme="kernel",
    title="open a System V message queue",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("msgget", 0x6361_7461, 0),
    levels=FROM_HIGH,
)
