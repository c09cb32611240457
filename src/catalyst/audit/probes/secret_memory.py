"""Memory that nobody outside can read is where a miner would live."""

from catalyst.audit.inside.acts.kernel import NONSENSE, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EINVAL for the flags
PROBE = Probe(
    id="secret-memory",
    theme="kernel",
    title="hide memory from scanners (memfd_secret)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("memfd_secret", NONSENSE),
)
