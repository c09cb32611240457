"""/proc/keys lists the keys that its reader may see, those of the caller's session among them."""

from catalyst.audit.inside.acts.files import reading
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="kernel-keys",
    theme="read",
    title="list the kernel's keys",
    origin="general",
    control="masked-paths",
    layers=ENGINES,
    act=reading("/proc/keys"),
)
