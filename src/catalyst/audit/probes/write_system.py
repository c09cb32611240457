"""A program or library among the system's: GHOST's libpam_cache.so."""

from catalyst.audit.inside.acts.files import planting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="write-system",
    theme="write",
    title="put a program or library among the system's",
    origin="I7",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=planting("/usr/lib/security/libpam_cache.so", "/usr/bin/catalyst-probe", "/usr/local/bin/catalyst-probe"),
)
