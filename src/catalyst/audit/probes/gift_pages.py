"""CVE-2008-0600 was a way to root."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EBADF
PROBE = Probe(
    id="gift-pages",
    theme="kernel",
    title="map its memory into a pipe (vmsplice)",
    origin="CVE-2008-0600",
    control="system-calls",
    layers=EVERYONE,
    act=asks("vmsplice", -1, None, 0, 0),
)
