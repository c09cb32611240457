"""Where the workload may write."""

from collections.abc import Iterable

from catalyst.policy.build import Control
from catalyst.policy.model import Place, ReadOnlyRoot, Rule, Writable
from catalyst.settings import Level, Settings

# Models are not in it from `high` on: a pickle written there is code at the next start. `catalyst fetch` adds models.
ALWAYS = frozenset({Place.INPUT, Place.OUTPUT, Place.USER, Place.CACHE})
WRITABLE = {
    Level.NORMAL: frozenset(Place),
    Level.HIGH: ALWAYS,
    Level.MAXIMUM: ALWAYS,
}


def rules(settings: Settings) -> Iterable[Rule]:
    """Fewer places at each level; a read-only root from `high` on."""
    yield Writable(WRITABLE[settings.security_level])
    if settings.security_level >= Level.HIGH:
        yield ReadOnlyRoot()


CONTROL = Control(
    id="write-confinement",
    title="the workload writes only where the level lets it",
    why="a planted custom node or an altered package runs again at every start (GHOST's comfyui_perf_monitor)",
    rules=rules,
    core=True,
)
