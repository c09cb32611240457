"""Code that nobody uses is code that nobody looks after."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# how many file systems there are
PROBE = Probe(
    id="old-file-system-list",
    theme="kernel",
    title="use a forgotten call (sysfs)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("sysfs", 3),
)
