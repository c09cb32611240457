"""Everybody's memory would lie in that file."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# CAP_SYS_ADMIN first, then the name is read: EFAULT (mm/swapfile.c)
PROBE = Probe(
    id="swap-on",
    theme="kernel",
    title="swap memory out to a file of its own",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("swapon", None, 0),
    also=("capabilities", "identity"),
    needs_root=True,
)
