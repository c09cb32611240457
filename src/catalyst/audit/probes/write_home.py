"""~/.bashrc and ~/.profile. Inside, HOME is in memory: what is planted there is gone at the next start."""

from functools import partial
from pathlib import Path

from catalyst.audit.inside.acts.files import IN_MEMORY, file_system, home_of_the_user, plant
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, denied, first_allowed


def act(context: Context) -> Answer:
    """Only a plant that is still there tomorrow counts."""
    homes = dict.fromkeys([context.home, home_of_the_user(context)])
    acts = [partial(_lasting, home / name) for home in homes for name in (".bashrc", ".profile")]
    return first_allowed([*acts], "")


def _lasting(path: Path) -> Answer:
    answer = plant(path)
    if answer.outcome == "allowed" and file_system(path.parent) in IN_MEMORY:
        return denied(f"{path.parent} is in memory and gone at the next start")
    return answer


PROBE = Probe(
    id="write-home",
    theme="write",
    title="add itself to the shell's start-up (~/.bashrc)",
    origin="I7",
    control="scratch",
    layers=ENGINES,
    also=("write-confinement", "namespaces", "identity"),
    act=act,
)
