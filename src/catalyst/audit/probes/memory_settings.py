"""Settings of the host's memory: emptied caches and overcommitment slow or end other programs."""

from catalyst.audit.inside.acts.files import overwriting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="memory-settings",
    theme="machine",
    title="change how the host uses its memory",
    origin="general",
    control="masked-paths",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=overwriting("/proc/sys/vm/drop_caches", "/proc/sys/vm/overcommit_memory", "/proc/sys/vm/mmap_min_addr"),
)
