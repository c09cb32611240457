"""ENABLE_FORENSIC_CLEANUP."""

from collections.abc import Iterable

from catalyst.policy.build import Control
from catalyst.policy.model import ForensicCleanup, Place, ReadOnlyRoot, Rule
from catalyst.settings import Level, Settings

GIB = 1 << 30
SIZE = {Level.NORMAL: 8 * GIB, Level.HIGH: 4 * GIB, Level.MAXIMUM: 2 * GIB}


def rules(settings: Settings) -> Iterable[Rule]:
    """A read-only root too: what is written into a container's own layer lies on the engine's disk."""
    if settings.enable_forensic_cleanup:
        kept, wiped = frozenset(map(Place, settings.keep)), frozenset(map(Place, settings.wipe))
        yield ForensicCleanup(SIZE[settings.security_level], kept | wiped, kept)
        yield ReadOnlyRoot()


CONTROL = Control(
    id="forensic-cleanup",
    title="what the workload leaves behind stays off the disk or is wiped",
    why="pictures and prompts outlive a deleted file on every file system",
    rules=rules,
)
