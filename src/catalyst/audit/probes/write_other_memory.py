"""What ptrace does, without stopping anybody."""

from catalyst.audit.inside.acts.kernel import NONSENSE, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EINVAL for the flags, before any process is looked for
PROBE = Probe(
    id="write-other-memory",
    theme="kernel",
    title="write into other processes' memory (process_vm_writev)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("process_vm_writev", 1, None, 0, None, 0, NONSENSE),
)
