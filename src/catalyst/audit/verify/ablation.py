"""Take protections away again, one at a time: what then gets through shows who had stopped it.

A rule is taken out of what the renderer wrote: words of the engine's argv, values of the guard's plan. Renderers know no
weak form of a rule, and must not: this is the only place that undoes one.
"""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

from catalyst.guard.plan import UNCONFINED
from catalyst.workloads.model import SCRATCH

# What each engine does whatever it is told, so that nobody can take it away.
ALWAYS = {
    "docker": {"OwnTerminal", "HiddenPaths", "Umask", "ForensicCleanup"},
    "podman": {"OwnTerminal", "HiddenPaths", "Umask", "ForensicCleanup"},
    "bwrap": {"NoNewPrivileges", "OwnTerminal", "HiddenPaths", "Umask", "ForensicCleanup"},
}
CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
)  # fmt: skip -- in the order of their bits; the three newer ones are parts of SYS_ADMIN, and Docker 20.10 lacks them
# With the host's mounts in sight these are too; the rest of the host is left out, for the sandbox's own paths to stand.
TREE = ("/home", "/root", "/sys", "/etc/shadow")
NODES = ("kmsg", "kvm", "fuse", "net/tun", "loop-control", "loop0", "input/event*", "sd*", "vd*", "nvme*", "vcs*", "mem",
         "port")  # fmt: skip
INNER: dict[str, tuple[str, ...]] = {
    "Identity": ("uid", "gid"), "NoNewPrivileges": ("no_new_privileges",), "Capabilities": ("no_capabilities",),
    "SystemCalls": ("filter",), "Namespaces": ("scoped",), "Network": ("tcp_rules", "egress"),
    "Limits": ("processes", "files"), "Umask": ("umask",),
}  # fmt: skip


class Host:
    """What taking away needs to know: the capabilities this machine's root has, the bait's folder and its variable, the
    workload's uid as the host sees it, the home of whoever started it.

    `as_root`: the workload stays root, so it may pass the closed home of the user to what the sandbox needs below it.
    """

    def __init__(
        self, bounding: int, folder: str, variable: str, uid: int, *, home: str = "", as_root: bool = False
    ) -> None:
        self.variable, self.uid, self.as_root = variable, uid, as_root
        known = len(home) < 2 or home.startswith(tuple(f"{path}/" for path in TREE))
        tree = TREE if known else {*TREE, home}
        self.shown = [folder, *(path for path in sorted(tree) if Path(path).exists())]
        self.capabilities = [name for bit, name in enumerate(CAPABILITIES) if bounding >> bit & 1]


def inner(plan: dict[str, Any], rules: Collection[str], host: Host) -> dict[str, Any]:
    """The guard's plan without these rules."""
    changed = dict(plan)
    if "CleanEnvironment" in rules:
        name, _, value = host.variable.partition("=")
        changed["env"] = {**plan["env"], name: value}
    for rule in rules:
        changed |= {key: UNCONFINED[key] for key in INNER.get(rule, ())}
    files = changed["file_rules"]
    if files is not None and {"Writable", "ReadOnlyRoot", "Execution"} & set(rules):
        loose = {"execute": "Execution" in rules, "write": bool({"Writable", "ReadOnlyRoot"} & set(rules))}
        changed["file_rules"] = {key: ["/"] if loose.get(key) else files[key] for key in files}
        if all(loose.values()):
            changed["file_rules"] = None
    if "NoNewPrivileges" in rules:  # without it the kernel takes neither from an unprivileged process
        changed |= {"filter": None, "file_rules": None, "tcp_rules": None, "egress": None, "scoped": False}
    return changed


def outer(engine: str, argv: Iterable[str], rules: Collection[str], host: Host) -> list[str]:
    """The engine's argv without these rules, as open as the engine can be asked to be."""
    words, rules = list(argv), set(rules) - ALWAYS[engine]
    return _bubblewrap(words, rules, host) if engine == "bwrap" else _container(engine, words, rules, host)


def _shown(words: list[str], host: Host) -> list[str]:
    """What of the host may be shown on top without covering something the sandbox needs, such as its interpreter.

    Mounted one by one, what lies in a closed folder would be open to the workload's user, and through the workload's
    /proc/PID/root to all that this user runs (tests/attacks/test_ablation_opens_nothing.py).
    """
    found = []
    for path in host.shown:
        if not any(f"{path}/" in f"{word}/" for word in words):
            found.append(path)
        elif Path(path).is_dir() and (host.as_root or _passes(Path(path), host.uid)):
            inside = sorted(f"{path}/{child.name}" for child in Path(path).iterdir() if not child.is_symlink())
            found += [child for child in inside if not any(f"{child}/" in f"{word}/" for word in words)]
    return found


def _passes(folder: Path, uid: int) -> bool:
    found = folder.stat()
    return bool(found.st_mode & 0o001) or found.st_uid == uid


def bare(argv: Iterable[str]) -> list[str]:
    """A container started with no security flag at all, as on a rented pod: the engine's defaults and the mounts.

    /scratch is a folder of the published image, and stands here as a plain tmpfs.
    """
    kept = ("--rm", "--interactive", "--name", "--label", "--pull=never", "--log-driver=none", "--mount", "--workdir=/",
            "--entrypoint=")  # fmt: skip
    words = list(argv)
    end = next(index for index, word in enumerate(words) if word.startswith("--entrypoint=")) + 1
    head, tail = words[2:end], words[end:]
    result = [*words[:2], "--tmpfs", f"{SCRATCH}:exec,mode=1777"]
    at = 0
    while at < len(head):
        size = 2 if head[at] in {"--name", "--label", "--mount", "--tmpfs"} else 1
        if head[at].startswith(kept):
            result += head[at : at + size]
        at += size
    return [*(word.removesuffix(",readonly") for word in result), *tail]


def _container(engine: str, argv: list[str], rules: set[str], host: Host) -> list[str]:
    added = [f"--cap-add={name}" for name in host.capabilities]
    binds = [word for path in _shown(argv, host) for word in ("--mount", f"type=bind,source={path},target={path}")]
    table: dict[str, tuple[tuple[str, ...], list[str]]] = {
        "Identity": (("--user=", "--userns="), ["--user=0:0"]),
        "NoNewPrivileges": (("--security-opt=no-new-privileges",), []),
        "Capabilities": (("--cap-drop=",), added),
        "SystemCalls": (("--security-opt=seccomp=",), ["--security-opt=seccomp=unconfined"]),
        "Namespaces": (("--ipc=", "--cgroupns=", "--hostname=", "--shm-size="),
                       ["--pid=host", "--ipc=host", "--uts=host", "--cgroupns=host", *binds]),
        "CleanEnvironment": ((), [f"--env={host.variable}"]),
        "Network": (("--network=",), ["--network=host"]),
        "ReadOnlyRoot": (("--read-only",), []),
        "MaskedPaths": ((), [f"--security-opt={'systempaths=unconfined' if engine == 'docker' else 'unmask=ALL'}"]),
        "Limits": (("--pids-limit=", "--memory=", "--memory-swap=", "--ulimit="), ["--pids-limit=-1"]),
        "Devices": ((), [f"--device={path}" for path in _nodes()]),
    }  # fmt: skip
    gone = tuple(prefix for rule in rules for prefix in table.get(rule, ((), []))[0])
    words = [_loosened(word, rules) for word in argv if not (gone and word.startswith(gone))]
    if "Namespaces" in rules:  # the host's homes come in place of the empty ones
        words = [word for at, word in enumerate(words) if not _empty_home(words[at : at + 2], words[at - 1 : at + 1])]
    more = [word for rule in sorted(rules) for word in table.get(rule, ((), []))[1]]
    return [*words[:2], *more, *words[2:]]


def _nodes() -> list[str]:
    """Device nodes of the host that a container has no business with."""
    return sorted(str(path) for pattern in NODES for path in Path("/dev").glob(pattern))


def _empty_home(*pairs: list[str]) -> bool:
    return any(pair[:1] == ["--tmpfs"] and pair[1].startswith(("/home:", "/root:")) for pair in pairs)


def _loosened(word: str, rules: set[str]) -> str:
    """Options inside a word: of a mount, of a tmpfs."""
    if word.startswith("type=bind,") and "Execution" in rules:
        word = word.replace(",noexec", "")
    if word.startswith("type=bind,") and rules & {"Writable", "ReadOnlyRoot"}:
        return word.removesuffix(",readonly")
    if word.startswith(("/tmp:", f"{SCRATCH}:")) and rules & {"Scratch", "Execution"}:
        word = word.replace(",noexec,", ",exec,")
    if word.startswith(("/tmp:", f"{SCRATCH}:")) and "Scratch" in rules:
        word = ",".join(part for part in word.split(",") if not part.startswith("size="))
    return word


Group = list[str]  # an option of bwrap with its arguments
_TAKES = {
    "--uid": 1, "--gid": 1, "--seccomp": 1, "--hostname": 1, "--cap-drop": 1, "--cap-add": 1, "--ro-bind": 2,
    "--ro-bind-try": 2, "--bind": 2, "--dev-bind": 2, "--dev-bind-try": 2, "--symlink": 2, "--proc": 1, "--dev": 1,
    "--perms": 1, "--size": 1, "--tmpfs": 1, "--dir": 1, "--remount-ro": 1, "--chdir": 1,
}  # fmt: skip


def _bubblewrap(argv: list[str], rules: set[str], host: Host) -> list[str]:
    end = argv.index("--")
    groups, at = [], 1
    while at < end:
        size = 1 + _TAKES.get(argv[at], 0)
        groups.append(argv[at : at + size])
        at += size
    for rule in sorted(rules & _WITHOUT.keys()):
        groups = _WITHOUT[rule](groups, host)
    return [argv[0], *(word for group in groups for word in group), *argv[end:]]


def _dropped(*options: str) -> Callable[[list[Group], Host], list[Group]]:
    return lambda groups, _: [group for group in groups if group[0] not in options]


def _namespaces(groups: list[Group], host: Host) -> list[Group]:
    options = {"--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts", "--hostname", "--unshare-cgroup-try"}
    kept = [group for group in groups if group[0] not in options]
    # the last of three: --perms, --size, --tmpfs /dev/shm
    place = next((index for index, group in enumerate(kept) if group == ["--tmpfs", "/dev/shm"]), None)
    if place is not None:
        kept[place - 2 : place + 1] = [["--bind", "/dev/shm", "/dev/shm"]]
    ends = [["--remount-ro", "/dev"], ["--remount-ro", "/"], ["--chdir", "/"]]
    last = next(index for index, group in enumerate(kept) if group in ends)
    first = kept.index(["--proc", "/proc"])
    words = [word for group in groups for word in group]
    below = [path for path in host.shown if host.as_root and path not in _shown(words, host)]
    under = [["--bind", path, path] for path in below if Path(path).is_dir()]
    over = [
        ["--bind", path, path] for path in _shown(words, host) if not path.startswith(tuple(f"{one}/" for one in below))
    ]
    return [*kept[:first], *under, *kept[first:last], *over, *kept[last:]]


def _writable(groups: list[Group], _: Host) -> list[Group]:
    found = []
    for group in groups:
        if group[0] in {"--ro-bind", "--ro-bind-try"} and not group[2].startswith("/proc/"):
            group = [group[0].replace("--ro-", "--"), *group[1:]]
        if group not in (["--remount-ro", "/"], ["--remount-ro", "/dev"]):
            found.append(group)
    return found


def _unmasked(groups: list[Group], _: Host) -> list[Group]:
    return [group for group in groups if not (len(group) > 1 and group[-1].startswith("/proc/"))]


def _devices(groups: list[Group], _: Host) -> list[Group]:
    """The host's /dev; remounted read-only, bwrap would make it nodev too."""
    kept = [group for group in groups if group != ["--remount-ro", "/dev"]]
    return [["--dev-bind", "/dev", "/dev"] if group == ["--dev", "/dev"] else group for group in kept]


def _capable(groups: list[Group], _: Host) -> list[Group]:
    return [["--cap-add", "ALL"], *_dropped("--cap-drop", "--cap-add")(groups, _)]


_WITHOUT: dict[str, Callable[[list[Group], Host], list[Group]]] = {
    "Capabilities": _capable,
    "SystemCalls": _dropped("--seccomp"),
    "Namespaces": _namespaces,
    "Network": _dropped("--unshare-net"),
    "ReadOnlyRoot": _writable,
    "Writable": _writable,
    "MaskedPaths": _unmasked,
    "Scratch": _dropped("--size"),
    "Devices": _devices,
    "CleanEnvironment": _dropped("--clearenv"),
}
