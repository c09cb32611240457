"""finit_module(2)."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# may_init_module() first, then EBADF
PROBE = Probe(
    id="kernel-module-file",
    theme="kernel",
    title="load a kernel module from a file",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("finit_module", -1, None, 0),
    also=("capabilities", "identity"),
    needs_root=True,
)
