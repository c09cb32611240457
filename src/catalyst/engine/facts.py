"""What renderers need to know of this host, read once per start."""

import os
import re
import resource
from collections.abc import Iterable
from pathlib import Path

from catalyst.engine import security_modules
from catalyst.guard.egress import probe
from catalyst.guard.syscalls import landlock_abi
from catalyst.policy.controls.masked_paths import PATHS
from catalyst.policy.syscalls.numbers import NUMBERS
from catalyst.render.host_files import ETC, GPU
from catalyst.render.lsm.profile import Profile
from catalyst.render.seccomp import notify
from catalyst.render.target import Facts
from catalyst.settings import Settings
from catalyst.wipe import filesystem


def read(settings: Settings, *, rootless: bool = False, modules: frozenset[str] = frozenset(),
         profiles: Iterable[Profile] = (), session: Path | None = None) -> Facts:  # fmt: skip
    """The facts of this host for one run: of `profiles`, those that are loaded for one of `modules`."""
    in_memory, noexec = _mounted(session) if session else (False, False)
    gpu = [str(path) for pattern in GPU[settings.gpu] for path in sorted(Path("/").glob(pattern.lstrip("/")))]
    return Facts(
        root=os.geteuid() == 0,
        rootless=rootless,
        links=_links(),
        etc=tuple(path for path in ETC if Path(path).exists()),
        gpu=tuple(gpu),
        groups=_groups(gpu),
        submounts=_submounts(),
        cgroup=2 if Path("/sys/fs/cgroup/cgroup.controllers").is_file() else 1,
        machine=os.uname().machine,
        landlock=_landlock(),
        notify=_notify(),
        most_files=_hard(resource.RLIMIT_NOFILE),
        most_processes=_hard(resource.RLIMIT_NPROC),
        modules=modules,
        profiles=frozenset(one.name for one in profiles if one.module in modules and security_modules.loaded(one)),
        kernel_files=frozenset(path for path in PATHS if Path(path).exists()),
        swap=filesystem.swap_in_clear(),
        session_in_memory=in_memory,
        session_noexec=noexec,
    )


def _landlock() -> int:
    try:
        return landlock_abi()
    except OSError:
        return 0


def _notify() -> bool:
    machine = os.uname().machine
    return machine in NUMBERS and probe.works(notify.encoded(machine))


def _mounted(folder: Path) -> tuple[bool, bool]:
    """Is it, or will it be, in memory, and mounted noexec?"""
    there = next(one for one in (folder, *folder.parents) if one.is_dir())
    descriptor = os.open(there, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        kind = filesystem.of(descriptor).kind
        return kind in filesystem.IN_MEMORY, bool(os.fstatvfs(descriptor).f_flag & os.ST_NOEXEC)
    finally:
        os.close(descriptor)


def _hard(kind: int) -> int:
    _, hard = resource.getrlimit(kind)
    return 1 << 20 if hard == resource.RLIM_INFINITY else hard


def _links() -> tuple[tuple[str, str], ...]:
    """The root's links into /usr; where a distribution has not merged them, the folder itself with an empty target."""
    folders = [Path(name) for name in ("/bin", "/lib", "/lib32", "/lib64", "/sbin") if Path(name).exists()]
    return tuple((str(path), str(path.readlink()) if path.is_symlink() else "") for path in folders)


def _groups(gpu: list[str]) -> tuple[int, ...]:
    nodes = [path for name in gpu if name.startswith("/dev/") for path in (Path(name), *Path(name).glob("render*"))]
    return tuple(sorted({path.stat().st_gid for path in nodes if not path.is_dir()} - {0}))


def _submounts() -> frozenset[str]:
    """Mount points; the kernel writes blanks and backslashes in them as octal (proc_pid_mountinfo(5))."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    points = (line.split(" ")[4] for line in lines)
    return frozenset(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), point) for point in points)
