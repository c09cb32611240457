"""Shows mounts by number, those of other namespaces too."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no request: EFAULT
PROBE = Probe(
    id="mount-status",
    theme="kernel",
    title="look at a mount by the new call (statmount)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("statmount", None, None, 0, 0),
)
