"""kexec_load(2)."""

from catalyst.audit.inside.acts.kernel import NONSENSE, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# CAP_SYS_BOOT first, then EINVAL for the flags; with good ones no segments would unload the crash kernel
PROBE = Probe(
    id="kexec",
    theme="kernel",
    title="start another kernel",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("kexec_load", 0, 64, None, NONSENSE),
    also=("capabilities", "identity"),
    needs_root=True,
)
