"""No process gains privileges by exec."""

from catalyst.policy.build import Control
from catalyst.policy.model import NoNewPrivileges

CONTROL = Control(
    id="no-new-privileges",
    title="no process gains privileges by exec",
    why="a setuid program in the image would undo every other control",
    rules=lambda _: [NoNewPrivileges()],
    core=True,
)
