"""System calls."""

from catalyst.policy.build import Control
from catalyst.policy.model import SystemCalls, Tier
from catalyst.settings import NetworkMode

CONTROL = Control(
    id="system-calls",
    title="only the system calls of the level's list are answered",
    why="the kernel is shared: io_uring, AF_ALG (CVE-2026-31431), user namespaces, keyrings and bpf are ways into it",
    rules=lambda settings: [
        SystemCalls(Tier(settings.security_level.value), settings.network_mode is NetworkMode.PUBLIC)
    ],
    core=True,
)
