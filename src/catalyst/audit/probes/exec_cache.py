"""A cache outlives the run. No engine can mount a folder on disk noexec: the guard alone holds this."""

from catalyst.audit.inside.acts.programs import running_from
from catalyst.audit.inside.probe import FROM_HIGH, GUARD, Probe

PROBE = Probe(
    id="exec-cache",
    theme="execute",
    title="run a program it has written in its cache",
    origin="I5",
    control="execution",
    layers=(GUARD,),
    levels=FROM_HIGH,
    act=running_from("cache"),
)
