"""Shows mounts by number, those of other namespaces too."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no request: EFAULT
PROBE = Probe(
    id="mount-list",
    theme="kernel",
    title="list the mounts by the new call (listmount)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("listmount", None, None, 0, 0),
)
