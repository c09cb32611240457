"""An exploit then knows every address."""

from catalyst.audit.inside.acts.kernel import does
from catalyst.audit.inside.probe import EVERYONE, Probe

# of this child alone
PROBE = Probe(
    id="no-address-randomisation",
    theme="kernel",
    title="switch off address randomisation",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=does("personality(ADDR_NO_RANDOMIZE)", "personality", 0x0004_0000),
)
