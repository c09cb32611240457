"""Own process, IPC, host name, mount and cgroup namespaces."""

from catalyst.policy.build import Control
from catalyst.policy.model import Namespace, Namespaces

CONTROL = Control(
    id="namespaces",
    title="the host's processes, IPC objects and mounts are out of sight",
    why="with a shared process namespace `nsenter -t 1` is the host (GHOST); environments of other processes hold tokens",
    rules=lambda _: [Namespaces(frozenset(Namespace))],
)
