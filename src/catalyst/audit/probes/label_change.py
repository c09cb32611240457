"""A label of AppArmor or SELinux is what confines."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EINVAL: no size
PROBE = Probe(
    id="label-change",
    theme="kernel",
    title="change its security label (lsm_set_self_attr)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("lsm_set_self_attr", 0, None, 0, 0),
)
