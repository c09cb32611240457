"""/etc/ld.so.preload, by which GHOST hides from ls and netstat."""

from catalyst.audit.inside.acts.files import planting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="write-preload",
    theme="write",
    title="load its library into every program (/etc/ld.so.preload)",
    origin="I7",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=planting("/etc/ld.so.preload"),
)
