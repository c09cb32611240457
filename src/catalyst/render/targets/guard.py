"""The guard's plan: the inner layer."""

import binascii
from typing import Any, assert_never

from catalyst.guard.landlock import NETWORK_SINCE, SCOPES_SINCE
from catalyst.guard.plan import UNCONFINED, Door, Egress, FileRules, PlacedPath, Plan, TcpRules, encode
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
    Reach,
    ReadOnlyRoot,
    Scratch,
    SystemCalls,
    Umask,
    ViewRule,
    Writable,
)  # fmt: skip
from catalyst.policy.syscalls.numbers import NUMBERS
from catalyst.render import mounts, own_kernel
from catalyst.render.seccomp import notify, program
from catalyst.render.target import Draft, Facts, Rendered, Sandbox, Target
from catalyst.workloads.model import PACKAGE

NOT_BY_NAME = (
    "Landlock does not cover ld.so FILE, an interpreter and mmap(2); a file in memory is the filter's to refuse"
)
UNSUPERVISED = "sockets cannot be supervised (seccomp's user notification, Linux 5.14)"
OUTSIDE = "a matter of the engine; the guard has no privilege to do it"


def render(policy: Policy, sandbox: Sandbox, facts: Facts) -> Rendered:
    """The plan as JSON text, and as gaps what only an engine can do."""
    draft, values = Draft(), dict(UNCONFINED)
    for stated in policy:
        rule = draft.at(stated)
        own_kernel.note(rule, facts, draft, outer=False)
        match rule:
            case (
                Network()
                | ReadOnlyRoot()
                | Writable()
                | Scratch()
                | Execution()
                | HiddenPaths()
                | MaskedPaths()
                | Devices()
                | ForensicCleanup()
            ):
                values |= _view(rule, sandbox, facts, draft)
            case _:
                values |= _process(rule, facts, draft)
    return Rendered(text=encode(_plan(values, policy, sandbox, facts)), gaps=tuple(draft.gaps))


def _process(rule: ProcessRule, facts: Facts, draft: Draft) -> dict[str, Any]:
    """What a process is, as values of the plan."""
    match rule:
        case Identity():
            if not facts.root:
                draft.partly("it cannot change the user, it refuses to go on as root")
            return {"uid": rule.uid, "gid": rule.gid}
        case NoNewPrivileges():
            return {"no_new_privileges": True}
        case Capabilities():
            if rule.kept:
                draft.cannot("the guard keeps none")
            return {"no_capabilities": True}
        case SystemCalls():
            return {"filter": _filter(rule, facts, draft)}
        case Limits():
            draft.partly("memory is not limited, and processes are counted per user")
            return {"processes": rule.processes, "files": rule.files}
        case Umask():
            return {"umask": rule.mask}
        case CleanEnvironment():
            draft.partly("the workload gets the plan's variables only; its own were set by the engine")
        case Namespaces():
            if facts.landlock >= SCOPES_SINCE and Namespace.PID in rule.own:
                draft.partly(
                    "only signals and abstract unix sockets, which Landlock keeps in; the rest is the engine's"
                )
                return {"scoped": True}
            draft.cannot(OUTSIDE)
        case OwnTerminal():
            draft.cannot(OUTSIDE)
        case _:
            assert_never(rule)
    return {}


def _view(rule: ViewRule, sandbox: Sandbox, facts: Facts, draft: Draft) -> dict[str, Any]:
    """What it sees; Landlock's file rules are made of several rules together (_file_rules)."""
    match rule:
        case Network():
            return _network(rule, sandbox, facts, draft)
        case Writable() | ReadOnlyRoot():
            _landlock_holds(facts, draft)
        case Execution():
            if not rule.from_writable:
                _landlock_holds(facts, draft)
                draft.partly(NOT_BY_NAME)
        case HiddenPaths():
            if sandbox.private:
                _landlock_holds(facts, draft)
            else:
                draft.cannot(OUTSIDE)
        case Scratch() | MaskedPaths() | Devices() | ForensicCleanup():
            draft.cannot(OUTSIDE)
        case _:
            assert_never(rule)
    return {}


def _network(rule: Network, sandbox: Sandbox, facts: Facts, draft: Draft) -> dict[str, Any]:
    """Its sockets are the guard's; Landlock refuses connections besides, which the guard makes for it. Without the first,
    Landlock alone lets nobody out, and so cannot let anybody out by rule."""
    supervised = facts.notify and facts.machine in NUMBERS
    if not supervised and rule.reach is Reach.INTERNET:
        draft.cannot(UNSUPERVISED)
        return {}
    if supervised:
        draft.partly("unix sockets in sight are not refused")
        door = None if rule.reach is Reach.NOWHERE else sandbox.way_out
        egress = Egress(notify.encoded(facts.machine), door)
        return {"egress": egress, "tcp_rules": _tcp_rules(rule, sandbox) if facts.landlock >= NETWORK_SINCE else None}
    if facts.landlock < NETWORK_SINCE:
        draft.cannot(
            f"{UNSUPERVISED}, and Landlock has rules for TCP from ABI {NETWORK_SINCE} on (Linux 6.7), this kernel has "
            f"{facts.landlock}"
        )
        return {}
    draft.partly(f"{UNSUPERVISED}; unix sockets in sight, and listen(2) without bind(2), are not refused")
    return {"tcp_rules": _tcp_rules(rule, sandbox)}


def _tcp_rules(rule: Network, sandbox: Sandbox) -> TcpRules:
    """No connection by its own hand, and below INTERNET no port but the workload's own; UDP is a matter of the filter."""
    port = sandbox.workload.port
    return TcpRules(bind=(port,) if port and rule.reach is not Reach.INTERNET else None, connect=())


def _landlock_holds(facts: Facts, draft: Draft) -> None:
    if facts.landlock == 0:
        draft.cannot("this kernel has no Landlock")
    elif facts.landlock < 3:
        draft.partly(f"Landlock ABI {facts.landlock} does not stop a file from being emptied by truncate(2)")


def _file_rules(policy: Policy, sandbox: Sandbox, facts: Facts) -> FileRules | None:
    """Landlock's rules, where the kernel has it: code may be run, places and scratch written as the policy says."""
    if facts.landlock == 0:
        return None
    loose = any(isinstance(one.rule, Execution) and one.rule.from_writable for one in policy)
    mine = [mount for mount in sandbox.workload.mounts if mount.place is None]
    places = [mount for mount in sandbox.workload.mounts if mount.place is not None]
    write = [*mounts.SCRATCH_FOLDERS, *(mount.target for mount in places if mounts.writable(policy, mount))]
    run = [PACKAGE, *(mount.target for mount in mine)]
    if loose:
        run += [*mounts.SCRATCH_FOLDERS, *(mount.target for mount in places)]
    secret = {path for one in policy if isinstance(one.rule, HiddenPaths) for path in one.rule.paths}
    hidden = (*sandbox.private, *sorted(secret)) if sandbox.private else ()
    shown = sandbox.trust if sandbox.private else ()
    return FileRules(execute=tuple(dict.fromkeys(run)), write=tuple(dict.fromkeys(write)), hidden=hidden, shown=shown)


def _filter(rule: SystemCalls, facts: Facts, draft: Draft) -> str | None:
    if facts.machine not in NUMBERS:
        draft.cannot(f"there is no table of system calls for {facts.machine}")
        return None
    return binascii.b2a_base64(program.compile(rule, facts.machine), newline=False).decode("ascii")


def _plan(values: dict[str, Any], policy: Policy, sandbox: Sandbox, facts: Facts) -> Plan:
    workload = sandbox.workload
    placed = [mount for mount in workload.mounts if mount.place is not None]
    seen = dict(sandbox.identities)
    return Plan(
        **{**values, "file_rules": _file_rules(policy, sandbox, facts)},
        groups=facts.groups,
        argv=workload.argv,
        env=dict(workload.env),
        cwd=workload.cwd,
        folders=workload.folders,
        places=tuple(
            PlacedPath(
                mount.target, mount.source, mounts.writable(policy, mount),
                None if mounts.volatile(policy, mount) else seen.get(mount.target),
            )
            for mount in placed
        ),
        door=Door(sandbox.door, workload.port) if workload.port else None,
        lifeline=sandbox.lifeline,
        stop_signal=workload.stop_signal,
        grace=workload.grace,
        restarts=workload.restarts,
        command=workload.port is None,
    )


TARGET = Target("guard", "plan of the guard, PID 1 inside (JSON)", render)
