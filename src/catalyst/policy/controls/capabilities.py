"""No capability in any set."""

from catalyst.policy.build import Control
from catalyst.policy.model import Capabilities

CONTROL = Control(
    id="capabilities",
    title="no capability in any set",
    why="ComfyUI needs none; the GHOST botnet's container escapes (cgroup release_agent, mounts, nsenter) need SYS_ADMIN",
    rules=lambda _: [Capabilities(frozenset())],
    core=True,
)
