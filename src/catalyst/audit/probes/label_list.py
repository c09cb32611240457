"""Tells an attacker what holds it."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no size: EFAULT
PROBE = Probe(
    id="label-list",
    theme="kernel",
    title="list the security modules (lsm_list_modules)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("lsm_list_modules", None, None, 0),
)
