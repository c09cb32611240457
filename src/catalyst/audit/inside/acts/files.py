"""Acts on files. Everything here is undone, or does nothing to undo.

A new file with a name of its own is made and removed at once; what exists is opened for writing and not written, so
nothing changes even where all of it is allowed.
"""

import os
import stat
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from pathlib import Path

from catalyst.audit.inside.probe import Answer, Context, allowed, first_allowed, unknown

Act = Callable[[Context], Answer]

NO_FOLLOW_UP = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # never wait on a device, never take a terminal
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
OWN_CODE = Path(__file__).parents[3]  # Catalyst's package
IN_MEMORY = frozenset({"tmpfs", "devtmpfs", "ramfs"})


def absent(what: str) -> Answer:
    """There is no such thing here. With the error's name, since the host may not have it either."""
    return Answer("denied", f"there is no {what}", "ENOENT")


def count_bytes(path: Path) -> Answer:
    """Read a few bytes of `path` and tell how large it is. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | NO_FOLLOW_UP)
    try:
        size = max(len(os.read(descriptor, 16)), os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)
    return allowed(f"{path}: {_many(size, 'byte', 'bytes')} can be read") if size else _empty(path)


def count_entry(path: Path) -> Answer:
    """The same for a file, and for a folder the number of its entries. Raises OSError."""
    if not stat.S_ISDIR(path.stat().st_mode):
        return count_bytes(path)
    count = len(os.listdir(path))  # noqa: PTH208 -- names are counted, no Path is wanted
    if not count:
        return _empty(path)
    return allowed(f"{path}: {_many(count, 'entry', 'entries')} can be listed")


def list_home(path: Path) -> Answer:
    """Count what lies in a home folder, but for what is a mount or a mere step on the way to one. Raises OSError."""
    points = [path for path, _ in _mounts()]
    entries = list(path.iterdir())
    found = [entry for entry in entries if not any(entry in (point, *point.parents) for point in points)]
    if not found:
        return _empty(path)
    return allowed(f"{path}: {_many(len(found), 'entry', 'entries')} can be listed")


def _empty(path: Path) -> Answer:
    """Covered, or without anything on this host either."""
    return Answer("denied", f"{path}: it is empty", "ENOENT")


def _many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def can_open(path: Path, flags: int) -> Answer:
    """Open `path` and close it, without reading, writing or creating. Raises OSError."""
    os.close(os.open(path, flags | NO_FOLLOW_UP))
    return allowed(f"{path} could be opened{' for writing' if flags & os.O_ACCMODE else ''}")


def matching(root: str, *patterns: str) -> list[Path]:
    """What is there of these patterns below `root`, at most 50 of each: one that can be used is enough."""
    return [path for pattern in patterns for path in islice(Path(root).glob(pattern), 50)]


def any_opened(paths: Iterable[Path], flags: int, what: str) -> Answer:
    """Can any of these be opened? `what` they are, where there is none."""
    acts = [partial(can_open, path, flags) for path in paths]
    return first_allowed([*acts], "") if acts else absent(what)


def reading(*paths: str) -> Act:
    """Can any of these be read?"""
    return lambda _: first_allowed([partial(count_entry, Path(path)) for path in paths], "")


def opening(*paths: str) -> Act:
    """Can any of these be opened for reading? For what must not be read: a device, a log that reading takes from."""
    return lambda _: first_allowed([partial(can_open, Path(path), os.O_RDONLY) for path in paths], "")


def using(*devices: str) -> Act:
    """Can any of these devices be opened for reading and writing?"""
    return lambda _: first_allowed([partial(can_open, Path(path), os.O_RDWR) for path in devices], "")


def overwriting(*paths: str) -> Act:
    """Can any of these be opened for writing?"""
    return lambda _: first_allowed([partial(can_open, Path(path), os.O_WRONLY) for path in paths], "")


def planting(*paths: str) -> Act:
    """Can any of these be made or replaced?"""
    return lambda _: first_allowed([partial(plant, Path(path)) for path in paths], "")


def planting_in(place: str, file: str) -> Act:
    """Can `file` be made in that place of the workload?"""
    return lambda context: in_place(context, place, lambda folder: plant(folder / file))


def code_file(context: Context) -> Path:
    """A file of the code that runs: ComfyUI's main.py, or where there is none a file of Catalyst's own."""
    path = context.places.get("code", OWN_CODE) / "main.py"
    return path if path.is_file() else OWN_CODE / "__init__.py"


def in_place(context: Context, place: str, act: Callable[[Path], Answer]) -> Answer:
    """`act` on the folder of that place, unknown where it was not told."""
    folder = context.places.get(place)
    return act(folder) if folder else unknown(f"not told where it is (--place {place}=DIR)")


def home_of_the_user(context: Context) -> Path:
    """The home folder of the user who started Catalyst, where it was told; else HOME."""
    return Path(context.bait.get("home") or context.home)


def in_home(*names: str) -> Act:
    """Can any of these be read in the home folder of the user who started Catalyst?"""
    return lambda context: first_allowed([partial(count_entry, home_of_the_user(context) / name) for name in names], "")


def unique(folder: Path) -> Path:
    """A name in `folder` that nobody else has."""
    return folder / f".catalyst-probe-{os.urandom(8).hex()}"


def create_in(folder: Path, meant: Path | None = None) -> Answer:
    """Make a file in `folder` and remove it; `meant` is what the attacker would have made. Raises OSError."""
    path = unique(folder)
    os.close(os.open(path, NEW, 0o600))
    path.unlink()
    return allowed(f"a file could be made in {folder}" + (f", so {meant} could be" if meant else ""))


def plant(path: Path) -> Answer:
    """Could `path` be made, or what is there be replaced? Its folder need not exist: the nearest one above is asked."""
    folder = path if _is_folder(path) else path.parent
    while not _is_folder(folder):
        folder = folder.parent
    acts = [partial(create_in, folder, path)]
    if os.path.lexists(path) and not _is_folder(path):
        acts.insert(0, partial(can_open, path, os.O_WRONLY))
    return _volatile(first_allowed([*acts], ""), folder)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except PermissionError:  # in a folder that is closed to this user, whatever it is
        return False


def _volatile(answer: Answer, folder: Path) -> Answer:
    """Where the file system is in memory, a plant does not outlive the sandbox: the evidence says so."""
    if answer.outcome == "allowed" and file_system(folder) in IN_MEMORY:
        return allowed(f"{answer.evidence}; it is in memory and gone at the next start")
    return answer


def file_system(path: Path) -> str:
    """The type of the file system `path` lies on: the longest mount point that leads to it (proc_pid_mountinfo(5))."""
    best, kind = -1, ""
    target = path.resolve()
    for point, name in _mounts():
        if (target == point or point in target.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), name
    return kind


def _mounts() -> list[tuple[Path, str]]:
    """Mount points and the types of their file systems."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines():
        before, _, after = line.partition(" - ")
        point = before.split(" ")[4].replace("\\040", " ")  # a space is written so
        found.append((Path(point), after.split(" ")[0]))
    return found
