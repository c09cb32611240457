"""pivot_root(2), by which container engines themselves enter a container."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no names: may_mount() first, EFAULT after it (fs/namespace.c)
PROBE = Probe(
    id="pivot-root",
    theme="kernel",
    title="change the root of the file system",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("pivot_root", None, None),
    also=("capabilities", "identity"),
    needs_root=True,
)
