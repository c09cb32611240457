"""`catalyst run -- COMMAND`: any command under the policy, its signals, terminal and exit code passed through."""

from pathlib import Path

from catalyst.settings import Settings
from catalyst.workloads import interpreter
from catalyst.workloads.model import BASE_ENV, DATA, Workload, places


def workload(settings: Settings, argv: tuple[str, ...], *, terminal: bool) -> Workload:
    """`argv` as it is, with the data directory's places mounted; a named interpreter too, and first on PATH."""
    python = interpreter.of(settings.python) if settings.python else None
    path = {"PATH": f"{Path(python.executable).parent}:{BASE_ENV['PATH']}"} if python else {}
    return Workload(
        name="command",
        argv=argv,
        env={**BASE_ENV, **path, **({"TERM": "xterm-256color"} if terminal else {})},
        cwd=DATA,
        mounts=(*(python.mounts if python else ()), *places(settings.data)),
        port=None,
        stop_signal="SIGTERM",
        grace=settings.grace,
        restarts=0,
        terminal=terminal,
    )
