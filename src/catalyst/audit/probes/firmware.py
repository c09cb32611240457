"""Tables of the firmware name the machine; a container covers them, bubblewrap has no /sys."""

from catalyst.audit.inside.acts.files import reading
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="firmware",
    theme="read",
    title="read the machine's firmware tables",
    origin="general",
    control="masked-paths",
    layers=ENGINES,
    act=reading("/sys/firmware/acpi/tables", "/sys/firmware/dmi/tables", "/sys/firmware/memmap"),
)
