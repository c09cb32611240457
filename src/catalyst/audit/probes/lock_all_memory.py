"""Memory that cannot be swapped is taken from everybody."""

from catalyst.audit.inside.acts.kernel import NONSENSE, asks
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

# EINVAL for the flags
PROBE = Probe(
    id="lock-all-memory",
    theme="kernel",
    title="lock all of its memory",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("mlockall", NONSENSE),
    levels=FROM_HIGH,
)
