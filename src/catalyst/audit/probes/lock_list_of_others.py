"""Tells addresses in other programs."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

# its own, to a null pointer: EFAULT
PROBE = Probe(
    id="lock-list-of-others",
    theme="kernel",
    title="find other threads' lock lists (get_robust_list)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("get_robust_list", 0, None, None),
    levels=FROM_HIGH,
)
