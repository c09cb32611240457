"""Acts that run a program: one that ends at once, copied to where an attacker would write his own."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from catalyst.audit.inside.acts.files import in_place, unique
from catalyst.audit.inside.probe import Answer, Context, allowed

Act = Callable[[Context], Answer]

# What a miner's binary stands for: a program that ends at once. /usr/bin/true may be one link of a many-in-one
# program (busybox, uutils), which is why it is started under its own name.
HARMLESS = (Path("/usr/bin/true"), Path("/bin/true"))
LIBRARY = re.compile(r"(/\S+\.so\S*)$")


def program() -> tuple[Path, list[str]]:
    """A program to copy, and the arguments with which it does nothing."""
    for path in HARMLESS:
        if path.is_file() and path.read_bytes().startswith(b"\x7fELF"):
            return path, ["true"]
    return Path(sys.executable).resolve(), ["python3", "-I", "-S", "-c", ""]


def start(path: str, argv: list[str], keep: tuple[int, ...] = ()) -> int:
    """Run it, silent and with `keep` open, and wait; its wait status. Raises OSError where the exec is refused."""
    for descriptor in keep:
        os.set_inheritable(descriptor, True)
    silent = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
    return os.waitpid(os.posix_spawn(path, argv, {}, file_actions=silent), 0)[1]


def run_from(folder: Path, suffix: str = "") -> Answer:
    """Write an ELF, make it executable, run it, unlink it (I3), under a harmless-looking name (I5)."""
    source, argv = program()
    return run_copy(folder, source.read_bytes(), argv, suffix)


def run_copy(folder: Path, content: bytes, argv: list[str], suffix: str = "") -> Answer:
    """Write `content` to a new file in `folder`, run that and remove it. How it ends is not asked: it ran."""
    path = Path(f"{unique(folder)}{suffix}")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            copy.write(content)
        path.chmod(0o770)
        start(str(path), argv)
        return allowed(f"a program that it wrote to {folder} ran")
    finally:
        path.unlink()


def running_from(place: str, suffix: str = "") -> Act:
    """Run a program written to that place of the workload."""
    return lambda context: in_place(context, place, lambda folder: run_from(folder, suffix))


def some_library() -> Path | None:
    """A shared library that this program has loaded."""
    for line in Path("/proc/self/maps").read_text("utf-8", "replace").splitlines():
        if found := LIBRARY.search(line):
            return Path(found[1])
    return None
