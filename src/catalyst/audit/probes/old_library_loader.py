"""uselib(2) has been a way to root (CVE-2004-1235)."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no name: EFAULT
PROBE = Probe(
    id="old-library-loader",
    theme="kernel",
    title="load a library by the oldest loader (uselib)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("uselib", None),
)
