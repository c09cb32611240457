"""A module is the kernel."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no image: may_init_module() first, then ENOEXEC for a length of 0
PROBE = Probe(
    id="kernel-module",
    theme="kernel",
    title="load a kernel module",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("init_module", None, 0, None),
    also=("capabilities", "identity"),
    needs_root=True,
)
