"""Who can put another socket there answers in the workload's place. The engine must let the guard write it, so
Landlock alone holds the workload."""

from catalyst.audit.inside.acts.files import planting
from catalyst.audit.inside.probe import GUARD, Probe

PROBE = Probe(
    id="door-folder",
    theme="write",
    title="put a socket of its own in the place of the way in",
    origin="general",
    control="write-confinement",
    layers=(GUARD,),
    also=("identity",),
    needs_root=True,
    act=planting("/run/catalyst/door/in.sock"),
)
