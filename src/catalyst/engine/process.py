"""The only caller of subprocess on the host side. Argument lists only, never a shell, and a chosen environment.

Every program starts in `/`: the current folder may be one the workload wrote, and git, for one, obeys a `.git/config`
it finds there (tests/attacks/test_planted_git_config.py). So every path in an argv is absolute.
"""

import errno
import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NoReturn

import catalyst
from catalyst.guard.record import Record
from catalyst.settings import FIELDS, environment

# What the engines' programs themselves need: where their daemon and their configuration are. Nothing of it gets inside.
NEEDED = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
    "DBUS_SESSION_BUS_ADDRESS", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY", "CONTAINER_HOST", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "CONTAINERS_REGISTRIES_CONF",
)  # fmt: skip


MISSING, FAILED = 127, 126  # as a shell answers


class Done(Record):
    """What a program answered. `code` is negative for the signal that ended it."""

    code: int
    out: str
    err: str


def run(argv: Sequence[str], *, timeout: float = 30.0) -> Done:
    """Run to the end. A program that cannot start or takes too long says so in `err`; a missing one answers MISSING."""
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=timeout, check=False,
            stdin=subprocess.DEVNULL, env=environment(*NEEDED), cwd="/",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        why = f"no answer within {timeout:g} s" if isinstance(error, subprocess.TimeoutExpired) else str(error.strerror)
        return Done(MISSING if isinstance(error, FileNotFoundError) else FAILED, "", f"{argv[0]}: {why}")
    return Done(done.returncode, done.stdout, done.stderr)


def ask(argv: Sequence[str], given: bytes, *, timeout: float, most: int, **variables: str) -> tuple[int, bytes]:
    """Give a program `given` on its stdin and return its exit code and stdout; stderr is ours. Its environment is
    `variables` alone. What it is given and what it answers may be secret: neither is in any error.

    Raises OSError when it cannot be started, Expired after `timeout` seconds; more than `most` bytes count as none.
    """
    done = subprocess.run(argv, input=given, stdout=subprocess.PIPE, timeout=timeout, check=False, env=variables, cwd="/")
    return (done.returncode, done.stdout) if len(done.stdout) <= most else (FAILED, b"")


def feed(argv: Sequence[str], given: bytes, output: int, **variables: str) -> "subprocess.Popen[bytes]":
    """Start a program, give it `given` on its stdin, and leave it to write to the descriptor `output`. Its environment is
    `variables` alone; it is not waited for. Raises OSError when it cannot be started.
    """
    child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=output, env=variables, cwd="/")
    try:
        if child.stdin:
            child.stdin.write(given)
            child.stdin.close()
    except BrokenPipeError:  # it has ended; whoever reads its output will see that
        pass
    return child


def gather(argv: Sequence[str], given: bytes, *, idle: float, most: int) -> bytes:
    """Give a program `given` and return what it printed until it ended, was silent for `idle` seconds, or had printed
    `most` bytes. Its environment is empty, its errors are thrown away. Raises OSError when it cannot be started.
    """
    with tempfile.TemporaryFile() as file:
        file.write(given)
        file.seek(0)
        child = subprocess.Popen(argv, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/")
    printed: list[bytes] = []
    with child:
        pipe = child.stdout
        while pipe and sum(map(len, printed)) < most and select.select([pipe], [], [], idle)[0]:
            data = os.read(pipe.fileno(), 1 << 20)
            if not data:
                break
            printed.append(data)
        child.kill()
    return b"".join(printed)


def start(
    argv: Sequence[str],
    *,
    stdin: int | None = subprocess.PIPE,
    output: int | IO[bytes] | None = subprocess.PIPE,
    errors: int | IO[bytes] | None = subprocess.STDOUT,
    keep: Sequence[int] = (),
    opened: Sequence[tuple[int, str]] = (),
    session: bool = True,
    settings: bool = False,
) -> "subprocess.Popen[bytes]":
    """Start and return it. `keep` are descriptors it inherits, `opened` files it gets open for reading at a number of
    their own; a session of its own keeps our terminal's Ctrl-C away; `settings`: the variables of settings are passed on.

    Raises OSError when it cannot be started.
    """
    numbers = [_open_at(number, path) for number, path in opened]
    try:
        return subprocess.Popen(
            argv, stdin=stdin, stdout=output, stderr=errors, pass_fds=(*keep, *numbers), start_new_session=session,
            env=environment(*NEEDED, *(field.variable for field in FIELDS if settings)), cwd="/",
        )  # fmt: skip
    finally:
        for number in numbers:
            os.close(number)


def end_of(child: "subprocess.Popen[bytes]") -> int:
    """A descriptor that can be read once `child` has ended: pidfd_open(2), and where the kernel has none (gVisor) a pipe
    whose other end a thread closes then."""
    try:
        return os.pidfd_open(child.pid)
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise
    read, write = os.pipe2(os.O_CLOEXEC)

    def wait() -> None:
        with suppress(ChildProcessError):  # somebody was quicker
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        os.close(write)

    threading.Thread(target=wait, daemon=True).start()
    return read


def become(argv: Sequence[str], *, keep: Sequence[int] = ()) -> NoReturn:
    """Go on as this program, with an empty environment and, of descriptors, the standard three and `keep`.

    Raises OSError when it cannot be started.
    """
    for descriptor in keep:
        os.set_inheritable(descriptor, True)
    os.chdir("/")
    os.execve(argv[0], list(argv), {})  # noqa: S606 -- the guard's own process must be PID 1


def _open_at(number: int, path: str) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    os.dup2(descriptor, number, inheritable=False)
    os.close(descriptor)
    return number


def python(module: str, *words: str) -> list[str]:
    """The argv that runs a module of Catalyst in a new interpreter, wherever Catalyst was loaded from.

    -I, because without it the current folder, PYTHONPATH and the user's site could put other code in its place
    (tests/attacks/test_module_hijack.py).
    """
    home = str(Path(catalyst.__file__).parents[1])
    start = f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    return [sys.executable, "-I", "-c", f"import sys, runpy; sys.path.insert(0, {home!r}); {start}", *words]


Process = subprocess.Popen
Expired = subprocess.TimeoutExpired
PIPE, STDOUT, NULL = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL
