"""bubblewrap's argv (bwrap(1)). Started by root it makes no user namespace: the guard takes a real unprivileged uid.

A user namespace would map uid 1000 to the host's 0, and that is root in disguise: it reads what root may read.
"""

from typing import assert_never

from catalyst.policy.model import (
    Capabilities, CleanEnvironment, Devices, ForensicCleanup, HiddenPaths, Identity, Limits, MaskedPaths, Namespace,
    Namespaces, Network, NoNewPrivileges, OwnTerminal, Policy, Reach, ReadOnlyRoot, Scratch, Umask, Writable,
)  # fmt: skip
from catalyst.render import mounts
from catalyst.render.target import Draft, Facts, Rendered, Sandbox, Target
from catalyst.workloads.model import PACKAGE, PLAN, SCRATCH, Mount

# Needed only until the guard has taken the workload's user and emptied the bounding set.
GUARD_NEEDS = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
TMPFS = ("/tmp", SCRATCH, "/dev/shm")
UNSHARE = {
    Namespace.PID: ("--unshare-pid",), Namespace.IPC: ("--unshare-ipc",), Namespace.MOUNT: (),  # bwrap always has it
    Namespace.UTS: ("--unshare-uts", "--hostname", "catalyst"), Namespace.CGROUP: ("--unshare-cgroup-try",),
}  # fmt: skip
UNFILTERED = (
    "the host's network is shared: its loopback services, private addresses and cloud metadata are reachable; "
    "NETWORK_MODE=restricted or isolated closes it"
)


def render(policy: Policy, sandbox: Sandbox, facts: Facts) -> Rendered:
    """The whole argv: namespaces first, then the file system in order, then the guard."""
    draft, made = Draft(), set[str]()
    head: list[str] = []
    tail: list[str] = []
    system = _system(policy, facts, made)
    shown = mounts.all_mounts(sandbox)
    mounts.inspect(policy, shown)
    for stated in policy:
        match rule := draft.at(stated):
            case Identity():
                head += [] if facts.root else ["--unshare-user", "--disable-userns",
                                               "--uid", str(rule.uid), "--gid", str(rule.gid)]  # fmt: skip
                if facts.root:
                    draft.cannot("started by root without a user namespace; the guard takes the user")
            case NoNewPrivileges() | HiddenPaths() | ReadOnlyRoot():
                pass  # bwrap sets no_new_privs always; inspect() refused; the root is a read-only tmpfs always
            case Capabilities():
                head += ["--cap-drop", "ALL"] if facts.root else []
                head += [word for name in GUARD_NEEDS for word in ("--cap-add", name)] if facts.root else []
                if facts.root:
                    draft.partly("the guard gets three to change the user, and drops them")
            case Namespaces():
                head += [word for name in Namespace if name in rule.own for word in UNSHARE[name]]
            case Network():
                head += [] if rule.reach is Reach.INTERNET else ["--unshare-net"]
                if rule.reach is Reach.INTERNET:
                    draft.partly(UNFILTERED)
            case CleanEnvironment():
                head += ["--clearenv"]
            case OwnTerminal():
                head += ["--new-session"]
            case Scratch():
                tail += [word for path in TMPFS for word in _tmpfs(path, rule.bytes)]
                if not rule.executable:
                    draft.partly("programs may run from it: bwrap cannot mount noexec")
            case Writable():
                tail += _binds(policy, sandbox, shown, made)
            case MaskedPaths():
                tail += _masks(rule, facts)
            case Devices():
                tail += [word for path in facts.gpu if rule.vendors for word in _device(path)]
            case Limits():
                draft.cannot("bwrap makes no cgroup; the guard sets process and file limits")
            case Umask():
                draft.cannot("set by the guard")
            case ForensicCleanup():
                draft.partly("temporary files and HOME are in memory; output, input, user and cache stay on disk")
            case _:
                assert_never(rule)
    draft.say("bwrap", "--die-with-parent", "--as-pid-1", *head, *system, *tail)
    draft.say("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--", sandbox.python, "-I", "-S")
    draft.say(f"{PACKAGE}/guard/__main__.py", PLAN)
    return Rendered(argv=tuple(draft.words), gaps=tuple(draft.gaps))


def _system(policy: Policy, facts: Facts, made: set[str]) -> list[str]:
    """The programs and the few files of /etc that they need to run at all; no home, no /var, no /run."""
    online = any(isinstance(one.rule, Network) and one.rule.reach is Reach.INTERNET for one in policy)
    words = ["--ro-bind", "/usr", "/usr"]
    for path, to in facts.links:
        words += ["--symlink", to, path] if to else ["--ro-bind", path, path]
    for path in facts.etc:
        if online or path != "/etc/resolv.conf":
            words += [*_parents(path, made), "--ro-bind-try", path, path]
    return [*words, "--proc", "/proc", "--dev", "/dev"]


def _device(path: str) -> list[str]:
    return ["--dev-bind-try" if path.startswith("/dev/") else "--ro-bind-try", path, path]


def _tmpfs(path: str, size: int) -> list[str]:
    return ["--perms", "1777", "--size", str(size), "--tmpfs", path]


def _binds(policy: Policy, sandbox: Sandbox, shown: tuple[Mount, ...], made: set[str]) -> list[str]:
    way_in = mounts.door(sandbox)
    words: list[str] = []
    for mount in (*shown, *([way_in] if way_in else [])):
        words += _parents(mount.target, made)
        may_write = mount is way_in or mounts.writable(policy, mount)
        words += ["--bind" if may_write else "--ro-bind", mount.source, mount.target]
    return words


def _parents(target: str, made: set[str]) -> list[str]:
    """bwrap makes missing parents with mode 0700, which another uid cannot pass (measured with 0.8.0)."""
    words = []
    parts = target.strip("/").split("/")[:-1]
    for depth in range(1, len(parts) + 1):
        path = "/" + "/".join(parts[:depth])
        if path not in made and path not in {"/usr", "/proc", "/dev", *TMPFS}:
            made.add(path)
            words += ["--perms", "0755", "--dir", path]
    return words


def _masks(rule: MaskedPaths, facts: Facts) -> list[str]:
    """Settings stay readable and become read-only; the rest becomes an empty file or folder. bwrap cannot cover what
    this kernel does not have, and there is nothing to cover."""
    words: list[str] = []
    for path in sorted(rule.paths & facts.kernel_files):
        if path in {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}:
            words += ["--ro-bind", path, path]
        elif path in {"/proc/acpi", "/proc/asound", "/proc/scsi"}:
            words += ["--tmpfs", path, "--remount-ro", path]
        else:
            words += ["--ro-bind", "/dev/null", path]
    return words


TARGET = Target("bubblewrap", "argv of bwrap", render)
