"""Permissions of new files."""

from catalyst.policy.build import Control
from catalyst.policy.model import Umask

CONTROL = Control(
    id="umask",
    title="new files are private to the workload's user",
    why="prompts and pictures are nobody else's on a shared machine",
    rules=lambda _: [Umask(0o077)],
)
