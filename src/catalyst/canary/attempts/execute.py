"""Run a program of its own: one that was not there before, brought by the attacker."""

import mmap
import os
import re
import sys
from pathlib import Path

from catalyst.canary.attempt import Answer, Attempt, Context, allowed, denied, unknown
from catalyst.canary.attempts.write import unique

# What a miner's binary stands for: a program that ends at once. /usr/bin/true may be one link of a many-in-one
# program (busybox, uutils), which is why it is started under its own name.
HARMLESS = (Path("/usr/bin/true"), Path("/bin/true"))
LIBRARY = re.compile(r"(/\S+\.so\S*)$")


def _program() -> tuple[Path, list[str]]:
    for path in HARMLESS:
        if path.is_file() and path.read_bytes().startswith(b"\x7fELF"):
            return path, ["true"]
    return Path(sys.executable).resolve(), ["python3", "-I", "-S", "-c", ""]


def _start(program: str, argv: list[str], keep: tuple[int, ...] = ()) -> None:
    """Raises OSError where the exec is refused. How it ends afterwards is not asked: it ran."""
    import subprocess  # here: slow to import, and each attempt is a process of its own

    subprocess.run(
        argv, executable=program, pass_fds=keep, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, check=False, timeout=2,
    )  # fmt: skip


def run_from(folder: Path, suffix: str = "") -> Answer:
    """X1, X2: write an ELF, make it executable, run it, unlink it (I3), under a harmless-looking name (I5)."""
    source, argv = _program()
    path = Path(f"{unique(folder)}{suffix}")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            copy.write(source.read_bytes())
        path.chmod(0o770)
        _start(str(path), argv)
        return allowed(f"a program that it wrote to {folder} ran")
    finally:
        path.unlink()


def _in_scratch(context: Context) -> Answer:
    return run_from(context.scratch)


def _in_output(context: Context) -> Answer:
    if "output" not in context.places:
        return unknown("not told where it is (--place output=DIR)")
    return run_from(context.places["output"], "-config.json")


def _in_shared_memory(_: Context) -> Answer:
    return run_from(Path("/dev/shm"))


def from_memory(_: Context) -> Answer:
    """X3: a program without a file (I7): memfd_create(2), then exec through /proc/self/fd. noexec does not stop it."""
    source, argv = _program()
    descriptor = os.memfd_create("canary", 0)
    os.write(descriptor, source.read_bytes())
    _start(f"/proc/self/fd/{descriptor}", argv, (descriptor,))
    return allowed("a program without a file ran")


def map_library(context: Context) -> Answer:
    """Map a file it wrote as code, which is how a compiled extension is loaded; a noexec mount refuses it (mmap(2))."""
    library = _some_library()
    if library is None:
        return unknown("this program has no shared library to copy")
    path = unique(context.scratch)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o700)
    try:
        os.write(descriptor, library.read_bytes()[: mmap.PAGESIZE])
        mmap.mmap(descriptor, 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC).close()
        return allowed(f"a library that it wrote to {context.scratch} could be mapped as code")
    finally:
        os.close(descriptor)
        path.unlink()


def _some_library() -> Path | None:
    for line in Path("/proc/self/maps").read_text("utf-8", "replace").splitlines():
        if found := LIBRARY.search(line):
            return Path(found[1])
    return None


def set_user_id_program(_: Context) -> Answer:
    """X7: a set-uid program makes its caller root, unless no_new_privs is on or the mount is nosuid (execve(2)).

    Read, not run: what such a program would do is its own affair.
    """
    found = [path for folder in ("/usr/bin", "/bin", "/usr/sbin", "/usr/lib/openssh") for path in _set_user_id(folder)]
    if not found:
        return denied("there is no set-uid program")
    if "NoNewPrivs:\t1" in Path("/proc/self/status").read_text("ascii", "replace"):
        return denied(f"{found[0]} is set-uid root; no_new_privs takes that from it")
    return allowed(f"{found[0]} would run as root (no_new_privs is off)")


def _set_user_id(folder: str) -> list[str]:
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return []
    return [entry.path for entry in entries if _is_set_user_id(entry)]


def _is_set_user_id(entry: "os.DirEntry[str]") -> bool:
    if not entry.is_file(follow_symlinks=False) or not entry.stat(follow_symlinks=False).st_mode & 0o4000:
        return False
    return not os.statvfs(entry.path).f_flag & os.ST_NOSUID


ATTEMPTS = (
    Attempt("exec-scratch", "execute", "run a program it has written to the temporary folder", "I3", _in_scratch),
    Attempt("exec-output", "execute", "run a program it has written among the pictures, as config.json", "I5",
            _in_output),
    Attempt("exec-shm", "execute", "run a program it has written to shared memory", "I3", _in_shared_memory),
    Attempt("exec-memory", "execute", "run a program that never was a file (memfd)", "I7", from_memory),
    Attempt("map-scratch", "execute", "load a compiled library it has written", "general", map_library),
    Attempt("set-uid", "execute", "become root through a set-uid program", "general", set_user_id_program),
)  # fmt: skip
