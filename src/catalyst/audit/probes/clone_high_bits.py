"""clone(2) drops the high half of its flags, though they are a long."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWUSER, clones
from catalyst.audit.inside.native import HIGH
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="clone-high-bits",
    theme="kernel",
    title="make a user namespace by clone, with high bits set",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=clones("a user namespace", HIGH | CLONE_NEWUSER),
)
