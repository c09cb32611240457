"""`catalyst run -- COMMAND`: any command under the policy, its signals, terminal and exit code passed through."""

from catalyst.settings import Settings
from catalyst.workloads.model import BASE_ENV, DATA, Workload, places


def workload(settings: Settings, argv: tuple[str, ...], *, terminal: bool) -> Workload:
    """`argv` as it is, with the data directory's places mounted."""
    return Workload(
        name="command",
        argv=argv,
        env={**BASE_ENV, **({"TERM": "xterm-256color"} if terminal else {})},
        cwd=DATA,
        mounts=places(settings.data),
        port=None,
        stop_signal="SIGTERM",
        grace=settings.grace,
        restarts=0,
        terminal=terminal,
    )
