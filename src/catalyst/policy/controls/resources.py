"""Processes, memory and open files."""

from catalyst.policy.build import Control
from catalyst.policy.model import Limits
from catalyst.settings import Level

GIB = 1 << 30
# Memory is for the host's sake, not to fit a model: a checkpoint of 24 GB is loaded through RAM at `normal`.
LIMITS = {
    Level.NORMAL: Limits(processes=4096, memory=256 * GIB, files=1 << 16),
    Level.HIGH: Limits(processes=1024, memory=128 * GIB, files=1 << 14),
    Level.MAXIMUM: Limits(processes=512, memory=64 * GIB, files=1 << 12),
}

CONTROL = Control(
    id="resources",
    title="processes, memory and open files are limited, core dumps are off",
    why="a fork bomb or a leaking node must end the sandbox, not the machine",
    rules=lambda settings: [LIMITS[settings.security_level]],
)
