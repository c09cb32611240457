"""Settings and workflows lie there. No engine can mount a folder on disk noexec: the guard alone holds this."""

from catalyst.audit.inside.acts.programs import running_from
from catalyst.audit.inside.probe import FROM_HIGH, GUARD, Probe

PROBE = Probe(
    id="exec-user",
    theme="execute",
    title="run a program it has written among ComfyUI's settings",
    origin="I5",
    control="execution",
    layers=(GUARD,),
    levels=FROM_HIGH,
    act=running_from("user"),
)
