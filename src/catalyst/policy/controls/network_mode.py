"""NETWORK_MODE: where the workload may connect."""

from collections.abc import Iterable

from catalyst.policy.build import Control
from catalyst.policy.model import Network, Reach, Rule
from catalyst.settings import Level, NetworkMode, Settings


def rules(settings: Settings) -> Iterable[Rule]:
    """In `public` private ranges only at `normal`: a node may talk to a model server on its owner's network there."""
    match settings.network_mode:
        case NetworkMode.PUBLIC:
            yield Network(Reach.INTERNET, private=settings.security_level is Level.NORMAL)
        case NetworkMode.RESTRICTED:
            yield Network(Reach.BROKER, hosts=frozenset(settings.allowed_hosts()))
        case NetworkMode.ISOLATED:
            yield Network(Reach.NOWHERE)


CONTROL = Control(
    id="network-mode",
    title="the workload connects only where NETWORK_MODE lets it",
    why="stolen tokens leave, and miners arrive, over connections the workload opens itself",
    rules=rules,
    core=True,
)
