"""Code that nobody uses is code that nobody looks after."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EINVAL: no device has that number
PROBE = Probe(
    id="old-file-system-statistics",
    theme="kernel",
    title="use a forgotten call (ustat)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("ustat", 0, None),
)
