"""Who the workload is."""

from catalyst.policy.build import Control
from catalyst.policy.model import Identity

CONTROL = Control(
    id="identity",
    title="the workload runs as an unprivileged user",
    why="root inside is one kernel bug or one wrong mount away from root outside; every other image starts as root",
    rules=lambda settings: [Identity(*settings.user)],
    core=True,
)
