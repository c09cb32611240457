"""A loop device makes a disk of a file, and its file system code runs in the kernel."""

from catalyst.audit.inside.acts.files import using
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="loop-device",
    theme="machine",
    title="make a disk of a file (/dev/loop-control)",
    origin="general",
    control="devices",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=using("/dev/loop-control"),
)
