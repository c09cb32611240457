"""Temporary files live in memory."""

from catalyst.policy.build import Control
from catalyst.policy.model import Scratch
from catalyst.settings import Level

GIB = 1 << 30
SIZE = {Level.NORMAL: 8 * GIB, Level.HIGH: 4 * GIB, Level.MAXIMUM: 2 * GIB}

CONTROL = Control(
    id="scratch",
    title="temporary files, HOME and shared memory are in memory, with a size limit",
    why="what a node plants in HOME or /tmp is gone at the next start, and a full disk is not a way to stop the host",
    # torch.compile and triton write programs to their cache and load them; from `high` on that is refused in scratch
    rules=lambda settings: [Scratch(SIZE[settings.security_level], settings.security_level is Level.NORMAL)],
)
