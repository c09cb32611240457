"""The process that reads hostile files: `python -m catalyst.models.scan.child`. Paths in, one JSON line a file out.

It confines itself before it opens one: memory, time, no core, no new file, no program, no TCP (Landlock, where the
kernel has it). The first line it writes says what is in force.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Iterable

from catalyst.guard import landlock, syscalls
from catalyst.models.scan import content, model, nodes
from catalyst.models.scan.finding import Examined, Finding

MEMORY = 2 << 30  # bytes of address space
SECONDS = 60  # of processor time for one file
OPEN_FILES = 64


class TimeUp(Exception):
    """A file took too long."""


def main() -> int:
    """Scan the paths on stdin, which are separated by NUL."""
    said = confine()
    sys.stdout.write(json.dumps({"confined": said}) + "\n")
    sys.stdout.flush()
    signal.signal(signal.SIGPROF, _late)
    for path in sys.stdin.buffer.read().split(b"\0"):
        if path:
            _report(os.fsdecode(path))
    return 0


def confine() -> list[str]:
    """Set the limits and say them. Raises OSError when one cannot be set; Landlock alone may be missing."""
    for limit, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, OPEN_FILES),
                         (resource.RLIMIT_FSIZE, 0)):  # fmt: skip
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))
    said = [f"{MEMORY >> 30} GiB of memory", f"{SECONDS} s for a file", "no core", "writes no file"]
    syscalls.prctl("PR_SET_NO_NEW_PRIVS", syscalls.PR_SET_NO_NEW_PRIVS, 1)
    try:
        abi = syscalls.landlock_abi()
        handled = sum(right for since, right in landlock.RIGHTS.items() if since <= abi)
        network = landlock.CONNECT_TCP | landlock.BIND_TCP if abi >= landlock.NETWORK_SINCE else 0
        ruleset = syscalls.landlock_create_ruleset(handled, network, 0, abi)
        root = os.open("/", os.O_PATH | os.O_CLOEXEC)
        syscalls.landlock_add_path(ruleset, root, landlock.READ & handled)
        syscalls.landlock_restrict_self(ruleset)
        os.close(root)
        os.close(ruleset)
    except OSError as error:
        return [*said, f"no Landlock here ({os.strerror(error.errno or 0).lower()})"]
    return [*said, f"Landlock ABI {abi}: reads only, starts no program{', no TCP' if network else ''}"]


def _late(_number: int, _frame: object) -> None:
    raise TimeUp


def _report(path: str) -> None:
    sys.stdout.write(json.dumps({"begin": path}) + "\n")
    sys.stdout.flush()
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        examined, findings = examine(path)
    except TimeUp:
        examined, findings = Examined(path, "unknown", 0, f"it took more than {SECONDS} s"), []
    except MemoryError:
        examined, findings = Examined(path, "unknown", 0, f"it took more than {MEMORY >> 30} GiB"), []
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    sys.stdout.write(json.dumps({"file": vars(examined), "findings": [vars(one) for one in findings]}) + "\n")
    sys.stdout.flush()


def examine(path: str) -> tuple[Examined, list[Finding]]:
    """One file: as a model by its content, and as code of a node by its name."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        os.close(descriptor)
        examined, found = model.scan(path)
    except OSError as error:
        return Examined(path, "unknown", 0, os.strerror(error.errno or 0).lower()), []
    name = path.rpartition("/")[2]
    if content.named(name) == "python":
        return _code(path, examined, found)
    if name.startswith("requirements") and name.endswith(".txt"):
        found = [*found, *nodes.requirements(path, _start(path))]
    return examined, list(found)


def _code(path: str, examined: Examined, found: Iterable[Finding]) -> tuple[Examined, list[Finding]]:
    if examined.size > nodes.MAX_BYTES:
        return Examined(path, "python", examined.size, f"more than {nodes.MAX_BYTES} bytes of Python"), list(found)
    try:
        return Examined(path, "python", examined.size), [*found, *nodes.python(path, _start(path))]
    except (SyntaxError, ValueError, RecursionError) as error:
        return Examined(path, "python", examined.size,
                        f"it is no Python of this version: {type(error).__name__}"), list(found)


def _start(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123  # Path.open costs an import in a child that starts often
        return file.read(nodes.MAX_BYTES)


if __name__ == "__main__":
    sys.exit(main())
