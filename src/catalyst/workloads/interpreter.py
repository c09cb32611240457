"""Which Python runs inside, and which host folders it needs. Nothing is executed to find out.

A virtual environment is code of strangers by the time a node was installed into it, so its files are only looked at.
"""

import errno
import os
import pwd
import stat
import sys
from pathlib import Path

from catalyst.errors import PathRefused, plain
from catalyst.guard.record import Record
from catalyst.workloads.model import Mount

MAX_LINKS = 16


class Interpreter(Record):
    """`executable` as it is called inside, and the mounts it needs there."""

    executable: str
    mounts: tuple[Mount, ...]


# The interpreter every image of ours has; where the host's files are not mounted, this one runs guard and canary.
IMAGE = Interpreter("/usr/bin/python3", ())


def own() -> Interpreter:
    """The base interpreter that runs Catalyst itself, without its virtual environment."""
    return of(str(getattr(sys, "_base_executable", None) or sys.executable), "python")


def of(path: str, setting: str = "CATALYST_PYTHON") -> Interpreter:
    """The interpreter at `path`, its virtual environment and the installations its links lead to.

    A link may have been made by a stranger (a checkout with an environment in it), so where it leads is shown only if it
    is a Python installation and nobody's home. Raises PathRefused otherwise, and when there is no program, or it is a
    script (a pyenv shim would need a shell and its own files).
    """
    start = Path(path)
    try:
        magic = _first_bytes(start)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        why = getattr(error, "strerror", None) or "a loop of links"
        raise PathRefused(setting, path, why.lower(), "give the file, such as VENV/bin/python") from error
    if magic != b"\x7fELF":
        raise PathRefused(setting, path, "not a program but a script", "give the file it starts: python3 -c "
                          "'import sys; print(sys.executable)'")  # fmt: skip
    roots = [start.parent.parent] if (start.parent.parent / "pyvenv.cfg").is_file() else []
    for hop in _hops(start):
        prefix = hop.parent.parent
        if prefix not in roots and prefix != Path("/usr") and not hop.is_relative_to("/usr/bin"):
            _is_installation(setting, path, hop)
            roots.append(prefix)
    return Interpreter(path, tuple(Mount(str(root.resolve()), str(root)) for root in roots))


def _first_bytes(path: Path) -> bytes:
    """Four bytes of a regular file; a pipe in its place must not make us wait."""
    descriptor = os.open(path.resolve(strict=True), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EISDIR, "a directory, a pipe or a device")
        return os.read(descriptor, 4)
    finally:
        os.close(descriptor)


def _is_installation(setting: str, path: str, hop: Path) -> None:
    """Raises PathRefused unless `hop` is PREFIX/bin/python… of an installation that may be shown as a whole."""
    prefix = hop.parent.parent
    homes = {Path(entry.pw_dir) for entry in pwd.getpwall()} | {Path.home()}
    closed = {Path(name) for name in ("/", "/etc", "/home", "/root", "/run", "/var", "/tmp", "/opt")} | homes
    real = prefix.resolve()
    if (
        ".." in hop.parts
        or hop.parent.name != "bin"
        or not any(prefix.glob("lib/python3*/os.py"))
        or any(home == real or home.is_relative_to(real) for home in closed if home != Path("/") or real == home)
    ):
        raise PathRefused(setting, path, f"it leads to {plain(str(hop))}, which is no Python installation of its own",
                          "make an environment: python3 -m venv VENV, then --python VENV/bin/python")  # fmt: skip


def installed(folder: Path) -> Interpreter:
    """The virtual environment `folder` that a sandbox made from our own interpreter.

    Code of strangers ran in that sandbox (setup.py), so not even its links are looked at: one that leads to a program
    in the owner's home would have the home mounted (tests/attacks/test_installed_environment.py).
    """
    return Interpreter(str(folder / "bin/python"), (Mount(str(folder), str(folder)), *own().mounts))


def _hops(path: Path) -> list[Path]:
    """Each path the links of `path` lead through, the last one real."""
    hops: list[Path] = []
    while path.is_symlink() and len(hops) < MAX_LINKS:
        path = Path(*(path.parent / path.readlink()).parts)
        hops.append(path)
    return [*hops, path.resolve()]
