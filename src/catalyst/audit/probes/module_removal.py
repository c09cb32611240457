"""A module that watches can be taken away."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# may unload at all: EPERM, then the name is read: EFAULT
PROBE = Probe(
    id="module-removal",
    theme="kernel",
    title="remove a kernel module",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("delete_module", None, 0),
    also=("capabilities", "identity"),
    needs_root=True,
)
