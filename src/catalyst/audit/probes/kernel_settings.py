"""Settings that weaken the kernel's own defences. Opened for writing, and nothing written."""

from catalyst.audit.inside.acts.files import overwriting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="kernel-settings",
    theme="machine",
    title="switch the kernel's own defences off",
    origin="general",
    control="masked-paths",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=overwriting(
        "/proc/sys/kernel/randomize_va_space",
        "/proc/sys/kernel/kptr_restrict",
        "/proc/sys/kernel/yama/ptrace_scope",
        "/proc/sys/fs/protected_symlinks",
        "/proc/sys/fs/suid_dumpable",
    ),
)
