"""A file in /dev, where nobody looks for one."""

from catalyst.audit.inside.acts.files import planting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="write-dev",
    theme="write",
    title="hide a file in /dev",
    origin="general",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=planting("/dev/catalyst-probe"),
)
