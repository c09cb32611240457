"""A label or capability on a file outlives the process."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no names: EFAULT
PROBE = Probe(
    id="extended-attribute",
    theme="kernel",
    title="write extended attributes (labels, file capabilities)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("setxattr", None, None, None, 0, 0),
    levels=("maximum",),
)
