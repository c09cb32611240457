"""A word written here takes a disk from the running machine."""

from catalyst.audit.inside.acts.files import overwriting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="disk-bus",
    theme="machine",
    title="take a disk from the machine (/proc/scsi)",
    origin="general",
    control="masked-paths",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=overwriting("/proc/scsi/scsi"),
)
