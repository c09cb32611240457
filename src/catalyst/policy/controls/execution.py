"""Where programs may be run from."""

from catalyst.policy.build import Control
from catalyst.policy.model import Execution
from catalyst.settings import Level

CONTROL = Control(
    id="execution",
    title="from `high` on no program is run from a folder the workload can write",
    why="every miner seen was written to /tmp, made executable and started (ultralytics 8.3.41, Pickai, GHOST)",
    rules=lambda settings: [Execution(settings.security_level is Level.NORMAL)],
)
