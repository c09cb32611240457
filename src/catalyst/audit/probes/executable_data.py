"""personality(2) takes W^X and more from a program."""

from catalyst.audit.inside.acts.kernel import does
from catalyst.audit.inside.probe import EVERYONE, Probe

# of this child alone
PROBE = Probe(
    id="executable-data",
    theme="kernel",
    title="have everything it can read be runnable (READ_IMPLIES_EXEC)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=does("personality(READ_IMPLIES_EXEC)", "personality", 0x0040_0000),
)
