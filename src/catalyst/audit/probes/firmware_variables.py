"""With the firmware's variables a machine can be made unable to start. Listed, not opened."""

from catalyst.audit.inside.acts.files import reading
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="firmware-variables",
    theme="write",
    title="reach the firmware's variables",
    origin="general",
    control="masked-paths",
    layers=ENGINES,
    act=reading("/sys/firmware/efi/efivars"),
)
