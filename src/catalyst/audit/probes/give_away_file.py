"""No effect without capabilities, and so not needed."""

from catalyst.audit.inside.acts.kernel import AT_FDCWD, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no name: EFAULT
PROBE = Probe(
    id="give-away-file",
    theme="kernel",
    title="give a file to another user (chown)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("fchownat", AT_FDCWD, None, -1, -1, 0),
    levels=("maximum",),
)
