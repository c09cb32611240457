"""kexec_file_load(2)."""

from catalyst.audit.inside.acts.kernel import NONSENSE, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# CAP_SYS_BOOT first, then EINVAL for the flags (kernel/kexec_file.c)
PROBE = Probe(
    id="kexec-file",
    theme="kernel",
    title="start another kernel from a file",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("kexec_file_load", -1, -1, 0, None, NONSENSE),
    also=("capabilities", "identity"),
    needs_root=True,
)
