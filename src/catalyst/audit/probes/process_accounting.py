"""acct(2) records what ran; who covers traces turns it off."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# CAP_SYS_PACCT first, then the name is read: EFAULT. The null pointer would turn accounting off
PROBE = Probe(
    id="process-accounting",
    theme="kernel",
    title="turn off the host's process accounting",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("acct", 1),
    also=("capabilities", "identity"),
    needs_root=True,
)
