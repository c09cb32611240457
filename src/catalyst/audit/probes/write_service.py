"""A system service, in each of the three ways GHOST used."""

from catalyst.audit.inside.acts.files import planting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="write-service",
    theme="write",
    title="add a system service",
    origin="I7",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=planting(
        "/etc/systemd/system/catalyst-probe.service", "/etc/init.d/catalyst-probe", "/etc/udev/hwdb.d/catalyst-probe"
    ),
)
