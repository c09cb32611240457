"""System calls."""

from collections.abc import Iterable

from catalyst.policy.build import Control
from catalyst.policy.model import Rule, SystemCalls, Tier
from catalyst.settings import Level, Settings


def rules(settings: Settings) -> Iterable[Rule]:
    """A shorter list at each level. CUDA cannot start without an ordinary memfd (NVIDIA/OpenShell#1696)."""
    yield SystemCalls(
        Tier(settings.security_level.value),
        datagrams=False,
        memory_programs=settings.security_level is Level.NORMAL or settings.gpu != "none",
    )


CONTROL = Control(
    id="system-calls",
    title="only the system calls of the level's list are answered",
    why="the kernel is shared: io_uring, AF_ALG (CVE-2026-31431), user namespaces, keyrings and bpf are ways into it",
    rules=rules,
    core=True,
)
