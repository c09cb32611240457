"""NETWORK_MODE: where the workload may connect."""

from catalyst.policy.build import Control
from catalyst.policy.model import Network, Reach
from catalyst.settings import NetworkMode

REACH = {
    NetworkMode.PUBLIC: Reach.INTERNET,
    NetworkMode.RESTRICTED: Reach.BROKER,
    NetworkMode.ISOLATED: Reach.NOWHERE,
}

CONTROL = Control(
    id="network-mode",
    title="the workload connects only where NETWORK_MODE lets it",
    why="stolen tokens leave, and miners arrive, over connections the workload opens itself",
    rules=lambda settings: [Network(REACH[settings.network_mode])],
    core=True,
)
