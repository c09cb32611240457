"""bubblewrap's argv (bwrap(1)). Started by root it makes no user namespace: the guard takes a real unprivileged uid.

A user namespace would map uid 1000 to the host's 0, and that is root in disguise: it reads what root may read.
"""

from typing import assert_never

from catalyst.policy.model import (
    Capabilities,
    CleanEnvironment,
    Devices,
    Execution,
    ForensicCleanup,
    HiddenPaths,
    Identity,
    Limits,
    MaskedPaths,
    Namespace,
    Namespaces,
    Network,
    NoNewPrivileges,
    OwnTerminal,
    Policy,
    ProcessRule,
    ReadOnlyRoot,
    Scratch,
    SystemCalls,
    Umask,
    ViewRule,
    Writable,
)  # fmt: skip
from catalyst.policy.syscalls.numbers import NUMBERS
from catalyst.render import mounts
from catalyst.render.host_files import READABLE
from catalyst.render.session import FILTER_FILE
from catalyst.render.target import Draft, Facts, Rendered, Sandbox, Target
from catalyst.workloads.model import PACKAGE, PLAN, Mount

# Needed only until the guard has taken the workload's user and emptied the bounding set.
GUARD_NEEDS = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
UNSHARE = {
    Namespace.PID: ("--unshare-pid",), Namespace.IPC: ("--unshare-ipc",), Namespace.MOUNT: (),  # bwrap always has it
    Namespace.UTS: ("--unshare-uts", "--hostname", "catalyst"), Namespace.CGROUP: ("--unshare-cgroup-try",),
}  # fmt: skip
FILTER = 200  # the descriptor bwrap reads its filter from: fixed, so that an argv says the same every time


def render(policy: Policy, sandbox: Sandbox, facts: Facts) -> Rendered:
    """The whole argv: namespaces first, then the file system in order, then the guard.

    Binds come after the tmpfs of Scratch, or a virtual environment below /tmp would be covered by it.
    """
    draft, made = Draft(), set[str]()
    opened = []
    draft.say("bwrap", "--die-with-parent", "--as-pid-1")
    view = _system(facts, made)
    shown, binds = mounts.all_mounts(sandbox), list[str]()
    bare = [path for path, to in facts.links if not to]
    mounts.inspect(policy, [*shown, *(Mount(path, path) for path in ("/usr", *bare, *facts.etc, *facts.gpu))])
    for stated in policy:
        match rule := draft.at(stated):
            case ForensicCleanup():
                for what in mounts.remains(policy, rule, facts, no_swap=False):  # bwrap makes no cgroup
                    draft.partly(what)
            case Network() | ReadOnlyRoot() | Scratch() | Execution() | HiddenPaths() | MaskedPaths() | Devices():
                view += _view(rule, sandbox, facts, draft, made)
            case SystemCalls():
                opened = _filter(sandbox, facts, draft)
            case Writable():
                binds = _binds(policy, sandbox, shown, made)
            case _:
                _process(rule, facts, draft)
    draft.say(*view, *binds, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/")
    draft.say("--", sandbox.python, "-I", "-S", f"{PACKAGE}/guard/__main__.py", PLAN)
    return Rendered(argv=tuple(draft.words), opened=tuple(opened), gaps=tuple(draft.gaps))


def _filter(sandbox: Sandbox, facts: Facts, draft: Draft) -> list[tuple[int, str]]:
    if facts.machine not in NUMBERS:
        draft.cannot(f"there is no table of system calls for {facts.machine}")
        return []
    draft.say("--seccomp", str(FILTER))
    draft.partly("it also allows what the guard needs to start")
    return [(FILTER, f"{sandbox.session}/{FILTER_FILE}")]


def _process(rule: ProcessRule, facts: Facts, draft: Draft) -> None:
    """What a process is."""
    match rule:
        case Identity():
            if facts.root:
                draft.cannot("started by root without a user namespace; the guard takes the user")
            else:
                draft.say("--unshare-user", "--disable-userns", "--uid", str(rule.uid), "--gid", str(rule.gid))
        case NoNewPrivileges():
            pass  # bwrap sets it always
        case Capabilities():
            if facts.root:
                draft.say("--cap-drop", "ALL", *(word for name in GUARD_NEEDS for word in ("--cap-add", name)))
                draft.partly("the guard gets three to change the user, and drops them")
            if rule.kept:
                draft.partly("the guard keeps none")
        case Namespaces():
            draft.say(*(word for name in Namespace if name in rule.own for word in UNSHARE[name]))
        case CleanEnvironment():
            draft.say("--clearenv")
        case OwnTerminal():
            draft.say("--new-session")
        case Limits():
            draft.cannot("bwrap makes no cgroup; the guard sets process and file limits")
        case Umask():
            draft.cannot("set by the guard")
        case SystemCalls():
            pass  # a descriptor of its own; _filter()
        case _:
            assert_never(rule)


def _view(rule: ViewRule, sandbox: Sandbox, facts: Facts, draft: Draft, made: set[str]) -> list[str]:
    """What it sees, but for the mounts."""
    match rule:
        case Network():
            out = mounts.way_out(rule, sandbox)
            return ["--unshare-net", *([*_parents(out.target, made), "--ro-bind", out.source, out.target] if out else [])]
        case Scratch():
            if not rule.executable:
                draft.partly("programs may run from it: bwrap cannot mount noexec")
            return [word for path in mounts.SCRATCH_FOLDERS for word in _tmpfs(path, rule.bytes)]
        case Execution():
            if not rule.from_writable:
                draft.cannot("bwrap cannot mount noexec")
        case MaskedPaths():
            return _masks(rule, facts)
        case Devices():
            return [word for path in facts.gpu if rule.vendors for word in _device(path)]
        case ReadOnlyRoot() | HiddenPaths() | Writable() | ForensicCleanup():
            pass  # the root is a read-only tmpfs always; inspect() refused; _binds() says which may be written or is memory
        case _:
            assert_never(rule)
    return []


def _system(facts: Facts, made: set[str]) -> list[str]:
    """The programs and the few files of /etc that they need to run at all; no home, no /var, no /run."""
    words = ["--ro-bind", "/usr", "/usr"]
    for path, to in facts.links:
        words += ["--symlink", to, path] if to else ["--ro-bind", path, path]
    for path in facts.etc:
        words += [*_parents(path, made), "--ro-bind-try", path, path]
    return [*words, "--proc", "/proc", "--dev", "/dev"]


def _device(path: str) -> list[str]:
    return ["--dev-bind-try" if path.startswith("/dev/") else "--ro-bind-try", path, path]


def _tmpfs(path: str, size: int) -> list[str]:
    return ["--perms", "1777", "--size", str(size), "--tmpfs", path]


def _binds(policy: Policy, sandbox: Sandbox, shown: tuple[Mount, ...], made: set[str]) -> list[str]:
    words: list[str] = []
    way_in = mounts.door(sandbox)
    for mount in (*shown, *([way_in] if way_in else [])):
        words += _parents(mount.target, made)
        if size := mounts.volatile(policy, mount):
            words += _tmpfs(mount.target, size)
            continue
        may_write = mount is way_in or mounts.writable(policy, mount)
        words += ["--bind" if may_write else "--ro-bind", mount.source, mount.target]
    return words


def _parents(target: str, made: set[str]) -> list[str]:
    """bwrap makes missing parents with mode 0700, which another uid cannot pass (measured with 0.8.0)."""
    words = []
    parts = target.strip("/").split("/")[:-1]
    for depth in range(1, len(parts) + 1):
        path = "/" + "/".join(parts[:depth])
        if path not in made and path not in {"/usr", "/proc", "/dev", *mounts.SCRATCH_FOLDERS}:
            made.add(path)
            words += ["--perms", "0755", "--dir", path]
    return words


def _masks(rule: MaskedPaths, facts: Facts) -> list[str]:
    """Settings stay readable and become read-only; the rest becomes an empty file or folder. bwrap cannot cover what
    this kernel does not have, and there is nothing to cover."""
    words: list[str] = []
    for path in sorted(rule.paths & facts.kernel_files):
        if path in READABLE:
            words += ["--ro-bind", path, path]
        elif path in {"/proc/acpi", "/proc/asound", "/proc/scsi"}:
            words += ["--tmpfs", path, "--remount-ro", path]
        else:
            words += ["--ro-bind", "/dev/null", path]
    return words


TARGET = Target("bubblewrap", "argv of bwrap", render)
