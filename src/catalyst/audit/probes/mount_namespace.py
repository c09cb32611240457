"""The first step to mounting anything."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWNS, unshares
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="mount-namespace",
    theme="kernel",
    title="make a mount namespace",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=unshares("a mount namespace", CLONE_NEWNS),
    also=("capabilities", "identity"),
    needs_root=True,
)
