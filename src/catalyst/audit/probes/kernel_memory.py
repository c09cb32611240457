"""/proc/kcore is the kernel's memory as a file; opening it needs CAP_SYS_RAWIO."""

from catalyst.audit.inside.acts.files import reading
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="kernel-memory",
    theme="read",
    title="read the machine's memory through the kernel",
    origin="general",
    control="masked-paths",
    layers=EVERYONE,
    also=("capabilities", "identity"),
    needs_root=True,
    act=reading("/proc/kcore"),
)
