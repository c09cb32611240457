"""Plant something that stays. A new file with a name of its own is made and removed at once; what exists is opened
for writing and not written, so nothing changes even where all of it is allowed."""

import errno
import fcntl
import os
import stat
import struct
from contextlib import suppress
from functools import partial
from pathlib import Path

from catalyst.canary.attempt import Answer, Attempt, Context, allowed, denied, first_allowed, met, unknown

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
EXISTING = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IMMUTABLE_FL = 0x80086601, 0x40086602, 0x10  # linux/fs.h, 64 bit


def unique(folder: Path) -> Path:
    """A name in `folder` that nobody else has."""
    return folder / f".catalyst-canary-{os.urandom(8).hex()}"


def create_in(folder: Path, meant: Path | None = None) -> Answer:
    """Make a file in `folder` and remove it; `meant` is what the attacker would have made. Raises OSError."""
    path = unique(folder)
    os.close(os.open(path, NEW, 0o600))
    path.unlink()
    return allowed(f"a file could be made in {folder}" + (f", so {meant} could be" if meant else ""))


def open_existing(path: Path) -> Answer:
    """Open `path` for writing, without creating or writing. Raises OSError."""
    os.close(os.open(path, EXISTING))
    return allowed(f"{path} could be opened for writing")


def plant(path: Path) -> Answer:
    """Could `path` be made, or what is there be replaced? Its folder need not exist: the nearest one above is asked."""
    folder = path if path.is_dir() else path.parent
    while not folder.is_dir():
        folder = folder.parent
    acts = [partial(create_in, folder, path)]
    if os.path.lexists(path) and not path.is_dir():
        acts.insert(0, partial(open_existing, path))
    return _volatile(first_allowed([*acts], ""), folder)


def _volatile(answer: Answer, folder: Path) -> Answer:
    """Where the file system is in memory, a plant does not outlive the sandbox: the evidence says so."""
    if answer.outcome == "allowed" and file_system(folder) == "tmpfs":
        return allowed(f"{answer.evidence}; it is in memory and gone at the next start")
    return answer


def _plant_any(paths: tuple[str, ...], _: Context) -> Answer:
    return first_allowed([partial(plant, Path(path)) for path in paths], "")


def _open_any(paths: tuple[str, ...], _: Context) -> Answer:
    return first_allowed([partial(open_existing, Path(path)) for path in paths], "")


def _in_home(context: Context) -> Answer:
    """W4."""
    return first_allowed([partial(plant, context.home / name) for name in (".bashrc", ".profile")], "")


def file_system(path: Path) -> str:
    """The type of the file system `path` lies on: the longest mount point that leads to it (proc_pid_mountinfo(5))."""
    best, kind = -1, ""
    target = path.resolve()
    for line in Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines():
        before, _, after = line.partition(" - ")
        point = Path(before.split(" ")[4].replace("\\040", " "))  # a space is written so
        if (target == point or point in target.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split(" ")[0]
    return kind


def _in_place(name: str, file: str, context: Context) -> Answer:
    if name not in context.places:
        return unknown(f"not told where it is (--place {name}=DIR)")
    return plant(context.places[name] / file)


def _in_code(context: Context) -> Answer:
    """W7. Where no ComfyUI is, the code that runs in its place is the canary's own."""
    return plant(context.places.get("code", Path(__file__).parents[1]) / "main.py")


def interpreter_packages(_: Context) -> Answer:
    """W6: a .pth file in site-packages runs at every start of this Python; I3 came as an altered package."""
    import sysconfig  # here: slow to import, and each attempt is a process of its own

    return plant(Path(sysconfig.get_path("purelib")) / "catalyst-canary.pth")


def device_node(context: Context) -> Answer:
    """mknod(2) of a twin of /dev/null (harmless): with it, a twin of the disk could be made."""
    path = unique(context.scratch)
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except OSError as error:
        return met(error, "mknod")
    path.unlink()
    return allowed(f"a device node could be made in {context.scratch}")


def release_agent(_: Context) -> Answer:
    """I7, CVE-2022-0492: cgroup v1 runs `release_agent` as root on the host; v2 lets a writer leave its limits."""
    root = Path("/sys/fs/cgroup")
    files = [*root.glob("*/release_agent"), *root.glob("release_agent"), *root.glob("cgroup.procs")]
    if not files:
        root.stat()  # says ENOENT where it is so
    return first_allowed([partial(open_existing, path) for path in files], f"{root} has no such file")


def immutable(context: Context) -> Answer:
    """W9: `chattr +i` makes a planted file hard to remove (I7). ioctl_iflags(2); undone at once."""
    path = unique(context.scratch)
    descriptor = os.open(path, NEW, 0o600)
    try:
        flags = _flags(descriptor)
        _set_flags(descriptor, flags | FS_IMMUTABLE_FL)
        _set_flags(descriptor, flags)
        return allowed(f"a file in {context.scratch} could be made immutable")
    except OSError as error:
        if error.errno in {errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL}:
            return denied(f"the file system of {context.scratch} has no immutable files")
        return met(error, "chattr +i")
    finally:
        with suppress(OSError):  # ENOENT: another has removed it
            path.unlink()
        os.close(descriptor)


def _flags(descriptor: int) -> int:
    answer: bytes = fcntl.ioctl(descriptor, FS_IOC_GETFLAGS, bytes(8))
    return int(struct.unpack_from("i", answer)[0])


def _set_flags(descriptor: int, flags: int) -> None:
    fcntl.ioctl(descriptor, FS_IOC_SETFLAGS, struct.pack("iI", flags, 0))


PRELOAD = ("/etc/ld.so.preload",)
SYSTEM = ("/usr/lib/security/libpam_cache.so", "/usr/bin/canary", "/usr/local/bin/canary")
CRON = ("/var/spool/cron/.font_x", "/etc/cron.d/canary", "/var/spool/cron/crontabs/canary")
SERVICES = ("/etc/systemd/system/canary.service", "/etc/init.d/canary", "/etc/udev/hwdb.d/canary")
KERNEL = ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe")
SYSFS = ("/sys/kernel/uevent_helper", "/sys/power/state", "/sys/kernel/mm/ksm/run")
SYSRQ = ("/proc/sysrq-trigger",)
PERF_MONITOR = "comfyui_perf_monitor/__init__.py"  # the pack that I7 plants

ATTEMPTS = (
    Attempt("write-preload", "write", "load its library into every program (/etc/ld.so.preload)", "I7",
            partial(_plant_any, PRELOAD)),
    Attempt("write-system", "write", "put a program or library among the system's", "I7", partial(_plant_any, SYSTEM)),
    Attempt("write-cron", "write", "add a cron job", "I4, I7", partial(_plant_any, CRON)),
    Attempt("write-service", "write", "add a system service", "I7", partial(_plant_any, SERVICES)),
    Attempt("write-home", "write", "add itself to the shell's start-up (~/.bashrc)", "I7", _in_home),
    Attempt("write-packages", "write", "alter the installed Python packages", "I3", interpreter_packages),
    Attempt("write-code", "write", "alter ComfyUI's own code, or here the canary's", "general", _in_code),
    Attempt("write-custom-nodes", "write", "plant a custom node that runs at every start", "I7, CVE-2024-21575",
            partial(_in_place, "custom_nodes", PERF_MONITOR)),
    Attempt("write-models", "write", "plant a model file that is code", "CVE-2026-68771",
            partial(_in_place, "models", "checkpoints/canary.ckpt")),
    Attempt("write-manager-config", "write", "lower ComfyUI-Manager's own security level", "CVE-2025-67303",
            partial(_in_place, "user", "__manager/config.ini")),
    Attempt("write-dev", "write", "make a file in /dev", "general", partial(_plant_any, ("/dev/canary",))),
    Attempt("device-node", "write", "make a device node", "general", device_node),
    Attempt("write-core-pattern", "write", "have the kernel run a program as root on the host", "general",
            partial(_open_any, KERNEL)),
    Attempt("write-sysfs", "write", "change the kernel's settings in /sys", "general", partial(_open_any, SYSFS)),
    Attempt("write-sysrq", "write", "give the kernel emergency commands (reboot, kill all)", "general",
            partial(_open_any, SYSRQ)),
    Attempt("release-agent", "write", "escape or shed its limits through control groups",
            "I7, CVE-2022-0492", release_agent),
    Attempt("immutable-file", "write", "make its file impossible to remove (chattr +i)", "I7", immutable),
)  # fmt: skip
