"""What is in force around this process, in the kernel's words. Nothing here believes a variable or a file of the image."""

import os
import stat
from pathlib import Path

from catalyst.guard.record import Record
from catalyst.guard.steps import status
from catalyst.guard.syscalls import PR_GET_NO_NEW_PRIVS, prctl
from catalyst.policy.controls.masked_paths import PATHS
from catalyst.policy.model import Namespace
from catalyst.render.host_files import READABLE
from catalyst.wipe import filesystem
from catalyst.workloads.model import SCRATCH

SETS = ("CapInh", "CapPrm", "CapEff")  # an ambient one is in two of them (capabilities(7)), and gVisor does not show it
# Numbers of the namespaces a kernel boots with (include/uapi/linux/nsfs.h; older kernels number the first mount namespace
# as the first dynamic one).
FIRST = {
    Namespace.IPC: ("ipc", {0xEFFFFFFF}), Namespace.UTS: ("uts", {0xEFFFFFFE}), Namespace.PID: ("pid", {0xEFFFFFFC}),
    Namespace.CGROUP: ("cgroup", {0xEFFFFFFB}), Namespace.MOUNT: ("mnt", {0xEFFFFFF8, 0xF0000000}),
}  # fmt: skip
MEMORY = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
UNLIMITED = 1 << 60  # version 1 writes LONG_MAX in pages where there is no limit
# What engines put into /dev (runtime-spec, config-linux.md, "Default Devices", and what docker and podman add).
USUAL = frozenset({
    "null", "zero", "full", "random", "urandom", "tty", "console", "ptmx", "pts", "shm", "mqueue", "fd", "stdin", "stdout",
    "stderr", "core",
})  # fmt: skip


class Seen(Record):
    """`capabilities`: any is in a set that counts, `bounding` how many an exec could bring back; `filtered`: a seccomp
    filter is in force; `interfaces` beside loopback; `shared`: namespaces that are the host's; `memory`: bytes that the
    container may use, None for no limit; `bare` are kernel files that lie open, `nodes` device nodes that we may open, of
    those no engine shows by itself; `on_disk` are folders with scratch files or traces that are on a disk;
    `writable_root`: files outside the mounts can be written."""

    uid: int
    no_new_privileges: bool
    capabilities: bool
    bounding: int
    filtered: bool
    interfaces: tuple[str, ...]
    shared: frozenset[Namespace]
    memory: int | None
    bare: tuple[str, ...]
    nodes: tuple[str, ...]
    on_disk: tuple[str, ...]
    writable_root: bool


def outside(user: tuple[int, int]) -> tuple[int, int]:
    """The numbers of uid and gid where this mapping of users was made (user_namespaces(7)): the host's, or those of
    `podman unshare` where podman maps its caller to `user` (keep-id), who is 0 there."""
    return _mapped("uid", user[0]), _mapped("gid", user[1])


def _mapped(kind: str, number: int) -> int:
    for line in Path(f"/proc/self/{kind}_map").read_text(encoding="ascii").splitlines():
        first, where, count = map(int, line.split())
        if first <= number < first + count:
            return where + number - first
    return number


def look(traces: tuple[str, ...]) -> Seen:
    """`traces`: folders of the workload that are looked at beside the scratch folders."""
    return Seen(
        uid=os.geteuid(),
        no_new_privileges=prctl("PR_GET_NO_NEW_PRIVS", PR_GET_NO_NEW_PRIVS) == 1,
        capabilities=any(int(status(name), 16) for name in SETS),
        bounding=int(status("CapBnd"), 16).bit_count(),
        filtered=status("Seccomp") == "2",
        interfaces=tuple(sorted(name for name in _interfaces() if name != "lo")),
        shared=frozenset(one for one in FIRST if _is_the_hosts(one)),
        memory=_memory(),
        bare=tuple(sorted(path for path in PATHS if _lies_open(path))),
        nodes=_nodes(),
        on_disk=tuple(path for path in (SCRATCH, "/tmp", "/dev/shm", *traces) if not _in_memory(path)),
        writable_root=not os.statvfs("/").f_flag & os.ST_RDONLY,
    )


def _interfaces() -> list[str]:
    """From /proc: asking by netlink is what a seccomp profile may refuse. Two lines of heading (proc_pid_net(5))."""
    lines = Path("/proc/self/net/dev").read_text(encoding="ascii", errors="replace").splitlines()[2:]
    return [line.partition(":")[0].strip() for line in lines]


def _is_the_hosts(one: Namespace) -> bool:
    """Also where it cannot be seen: what is not known to be its own counts as shared."""
    name, first = FIRST[one]
    try:
        return Path(f"/proc/self/ns/{name}").stat().st_ino in first
    except OSError:
        return True


def _memory() -> int | None:
    for file in MEMORY:
        try:
            text = Path(file).read_text(encoding="ascii").strip()
        except OSError:
            continue
        return int(text) if text.isdigit() and int(text) < UNLIMITED else None
    return None


def _lies_open(path: str) -> bool:
    """A file of the kernel's that we may read although it shows the host, or write although it changes it. Covered are those
    that read as nothing: an engine puts /dev/null or an empty folder over them."""
    place = Path(path)
    if not place.exists():
        return False
    if path in READABLE:
        try:
            return not os.statvfs(path).f_flag & os.ST_RDONLY
        except OSError:  # ENOSYS in gVisor's /proc: what is not known to be covered lies open
            return True
    try:
        if place.is_dir():
            return any(place.iterdir())
        with place.open("rb", buffering=0) as file:
            return bool(file.read(1))
    except OSError:
        return False


def _nodes() -> tuple[str, ...]:
    found = []
    for path in sorted(Path("/dev").rglob("*")):
        if path.relative_to("/dev").parts[0] in USUAL or path.is_symlink():
            continue
        kind = path.stat().st_mode
        if (stat.S_ISBLK(kind) or stat.S_ISCHR(kind)) and os.access(path, os.R_OK | os.W_OK):
            found.append(str(path))
    return tuple(found)


def _in_memory(path: str) -> bool:
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return filesystem.of(folder).kind in filesystem.IN_MEMORY
    finally:
        os.close(folder)
