"""What ptrace does, without stopping anybody."""

from catalyst.audit.inside.acts.kernel import NONSENSE, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EINVAL for the flags, before any process is looked for
PROBE = Probe(
    id="read-other-memory",
    theme="kernel",
    title="read other processes' memory (process_vm_readv)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("process_vm_readv", 1, None, 0, None, 0, NONSENSE),
)
