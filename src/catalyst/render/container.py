"""`docker run` and `podman run`: what the two share; dialects.py says where they differ."""

from collections.abc import Callable
from typing import assert_never

from catalyst.guard.record import Record
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
from catalyst.render import mounts, own_kernel
from catalyst.render.lsm import profiles
from catalyst.render.seccomp import oci
from catalyst.render.session import SECCOMP_FILE
from catalyst.render.target import Draft, Facts, Rendered, Sandbox
from catalyst.workloads.model import PACKAGE, PLAN, SCRATCH, Mount

# The client puts them into every container when its configuration file names a proxy, passwords included.
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")


class Dialect(Record):
    """Where an engine's command line differs: its name, extra words, words for a runtime by name, the user's words, the
    GPU's words, further options of a tmpfs."""

    program: str
    extra: tuple[str, ...]
    runtime: Callable[[str], tuple[str, ...]]
    user: Callable[[Identity, Facts], tuple[str, ...]]
    nvidia: tuple[str, ...]
    tmpfs: str
    read_only_is_recursive: bool
    bind_noexec: bool


def render(dialect: Dialect, policy: Policy, sandbox: Sandbox, facts: Facts) -> Rendered:
    """The whole argv of one `run`."""
    draft = Draft()
    mounts.inspect(policy, mounts.all_mounts(sandbox))
    draft.say(dialect.program, "run", "--rm", "--interactive", *(("--tty",) if sandbox.workload.terminal else ()))
    draft.say("--name", f"catalyst-{sandbox.id}", "--label", f"catalyst.instance={sandbox.id}")
    draft.say("--pull=never", "--log-driver=none", *dialect.extra)
    draft.say(*(dialect.runtime(sandbox.runtime) if sandbox.runtime else ()))
    if facts.profiles:
        draft.say(*(one.option for one in profiles.of(policy, sandbox) if one.name in facts.profiles))
    for stated in policy:
        rule = draft.at(stated)
        own_kernel.note(rule, facts, draft, outer=True)
        match rule:
            case Execution():
                if not rule.from_writable:
                    _noexec(dialect, policy, sandbox, facts, draft)
            case ForensicCleanup():
                for what in mounts.remains(policy, rule, facts, no_swap=facts.cgroup == 2):  # --memory-swap says so
                    draft.partly(what)
            case Network() | ReadOnlyRoot() | Scratch() | HiddenPaths() | MaskedPaths() | Devices():
                _view(dialect, rule, sandbox, facts, draft)
            case Writable():
                _mounts(dialect, policy, sandbox, facts, draft)
            case _:
                _process(dialect, rule, sandbox, facts, draft)
    draft.say("--workdir=/", f"--entrypoint={sandbox.python}", sandbox.image)
    draft.say("-I", "-S", f"{PACKAGE}/guard/__main__.py", PLAN)
    return Rendered(argv=tuple(draft.words), gaps=tuple(draft.gaps))


def _process(dialect: Dialect, rule: ProcessRule, sandbox: Sandbox, facts: Facts, draft: Draft) -> None:
    """What a process is."""
    match rule:
        case Identity():
            draft.say(*dialect.user(rule, facts))
        case NoNewPrivileges():
            draft.say("--security-opt=no-new-privileges")
        case Capabilities():
            draft.say("--cap-drop=ALL", *(f"--cap-add={name}" for name in sorted(rule.kept)))
        case SystemCalls():
            _system_calls(sandbox, facts, draft)
        case Namespaces():
            _namespaces(rule, draft)
        case Limits():
            _limits(rule, facts, draft)
        case CleanEnvironment():
            draft.say(*(f"--env={name}=" for proxy in PROXIES for name in (proxy, proxy.lower())))
        case OwnTerminal():
            pass  # --tty makes a new one; without it there is none
        case Umask():
            draft.cannot("set by the guard")
        case _:
            assert_never(rule)


def _noexec(dialect: Dialect, policy: Policy, sandbox: Sandbox, facts: Facts, draft: Draft) -> None:
    """Places in memory are mounted noexec; a folder of the host is as it is mounted there, but for podman's own word."""
    on_disk = [one for one in sandbox.workload.mounts if mounts.writable(policy, one) and not mounts.volatile(policy, one)]
    if dialect.bind_noexec:
        return
    if on_disk:
        draft.partly("folders on disk cannot be mounted noexec")
    elif mounts.door(sandbox) and not facts.session_noexec:
        draft.partly("the folder of the way in cannot be mounted noexec, and the host's own mount of it is not")


def _view(dialect: Dialect, rule: ViewRule, sandbox: Sandbox, facts: Facts, draft: Draft) -> None:
    """What it sees, but for the mounts."""
    match rule:
        case Network():
            draft.say("--network=none")
            if out := mounts.way_out(rule, sandbox):
                draft.say("--mount", _bind(out, may_write=False))
        case ReadOnlyRoot():
            draft.say("--read-only")
        case Scratch():
            may = "exec" if rule.executable else "noexec"
            for path in ("/tmp", SCRATCH):
                draft.say("--tmpfs", f"{path}:rw,nosuid,nodev,{may},mode=1777,size={rule.bytes}{dialect.tmpfs}")
            draft.say(f"--shm-size={rule.bytes}")
        case Execution() | ForensicCleanup():
            pass  # a matter of the mounts too; render() asks them
        case HiddenPaths() | Writable():
            pass  # both are a matter of the mounts: inspect() refused, _mounts() says which may be written
        case MaskedPaths():
            pass  # the engine's own list is longer; nothing here asks it to show more
        case Devices():
            _devices(dialect, rule, facts, draft)
        case _:
            assert_never(rule)


def _system_calls(sandbox: Sandbox, facts: Facts, draft: Draft) -> None:
    if facts.machine not in NUMBERS:
        draft.cannot(f"there is no table of system calls for {facts.machine}; the engine's own filter stays")
        return
    draft.say(f"--security-opt=seccomp={sandbox.session}/{SECCOMP_FILE}")
    if facts.outer_filter:
        draft.partly(oci.WIDER)
    else:
        draft.cannot(f"{facts.kernel} does not put the engine's filter in force")


def _namespaces(rule: Namespaces, draft: Draft) -> None:
    """Own process, mount and host name namespaces are the default, and no word here shares the host's."""
    if Namespace.IPC in rule.own:
        draft.say("--ipc=private")
    if Namespace.CGROUP in rule.own:
        draft.say("--cgroupns=private")
    if Namespace.UTS in rule.own:
        draft.say("--hostname=catalyst")


def _limits(rule: Limits, facts: Facts, draft: Draft) -> None:
    files, processes = min(rule.files, facts.most_files), min(rule.processes, facts.most_processes)
    draft.say(f"--pids-limit={rule.processes}", f"--memory={rule.memory}", f"--memory-swap={rule.memory}")
    draft.say(f"--ulimit=nofile={files}:{files}", f"--ulimit=nproc={processes}:{processes}", "--ulimit=core=0:0")
    if facts.rootless and facts.cgroup == 1:
        draft.partly("memory is not limited: without root, cgroups of version 1 cannot be used")


def _mounts(dialect: Dialect, policy: Policy, sandbox: Sandbox, facts: Facts, draft: Draft) -> None:
    shown = mounts.all_mounts(sandbox)
    for homes in ("/home", "/root"):  # nobody's home is seen, and a path of the host below them can be passed through
        draft.say("--tmpfs", f"{homes}:rw,nosuid,nodev,noexec,mode=0755,size=65536{dialect.tmpfs}")
    way_in = mounts.door(sandbox)
    noexec = any(isinstance(one.rule, Execution) and not one.rule.from_writable for one in policy)
    for mount in (*shown, *([way_in] if way_in else [])):
        if size := mounts.volatile(policy, mount):
            may = "noexec" if noexec else "exec"
            draft.say("--tmpfs", f"{mount.target}:rw,nosuid,nodev,{may},mode=1777,size={size}{dialect.tmpfs}")
            continue
        may_write = mount is way_in or mounts.writable(policy, mount)
        words = ",noexec" if may_write and noexec and dialect.bind_noexec else ""
        draft.say("--mount", _bind(mount, may_write=may_write) + words)
        loose = [] if may_write or dialect.read_only_is_recursive else mounts.loose_submounts(mount, facts.submounts)
        if loose:
            draft.partly(f"{loose[0]} is a mount of its own and stays writable inside")


def _bind(mount: Mount, *, may_write: bool) -> str:
    return f"type=bind,source={mount.source},target={mount.target}" + ("" if may_write else ",readonly")


def _devices(dialect: Dialect, rule: Devices, facts: Facts, draft: Draft) -> None:
    if "nvidia" in rule.vendors:
        draft.say(*dialect.nvidia)
    if rule.vendors - {"nvidia"}:
        nodes = [path for path in facts.gpu if path.startswith("/dev/")]
        draft.say(*(f"--device={path}" for path in nodes), *(f"--group-add={group}" for group in facts.groups))
