"""From `high` on nothing can be written there, and what is there cannot be run as a program."""

from catalyst.audit.inside.acts.programs import running_from
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

PROBE = Probe(
    id="exec-models",
    theme="execute",
    title="run a program it has written as a model",
    origin="I5",
    control="write-confinement",
    layers=EVERYONE,
    also=("execution",),
    levels=FROM_HIGH,
    act=running_from("models"),
)
