"""The guard's plan: the inner layer."""

import binascii
from typing import assert_never

from catalyst.guard.plan import Door, FileRules, PlacedPath, Plan, encode
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
    Namespaces,
    Network,
    NoNewPrivileges,
    OwnTerminal,
    Policy,
    ReadOnlyRoot,
    Scratch,
    SystemCalls,
    Umask,
    Writable,
)  # fmt: skip
from catalyst.policy.syscalls.numbers import NUMBERS
from catalyst.render import mounts
from catalyst.render.seccomp import program
from catalyst.render.target import Draft, Facts, Rendered, Sandbox, Target
from catalyst.workloads.model import DOOR, PACKAGE

NOT_BY_NAME = "Landlock does not cover a memfd, ld.so FILE, an interpreter and mmap"
OUTSIDE = "a matter of the engine; the guard has no privilege to do it"


def render(policy: Policy, sandbox: Sandbox, facts: Facts) -> Rendered:
    """The plan as JSON text, and as gaps what only an engine can do."""
    draft, values = Draft(), _unconfined()
    for stated in policy:
        match rule := draft.at(stated):
            case Identity():
                values |= {"uid": rule.uid, "gid": rule.gid}
                if not facts.root:
                    draft.partly("it cannot change the user, it refuses to go on as root")
            case NoNewPrivileges():
                values["no_new_privileges"] = True
            case Capabilities():
                values["no_capabilities"] = True
                if rule.kept:
                    draft.cannot("the guard keeps none")
            case SystemCalls():
                values["filter"] = _filter(rule, facts, draft)
            case Limits():
                values |= {"processes": rule.processes, "files": rule.files}
                draft.partly("memory is not limited, and processes are counted per user")
            case Umask():
                values["umask"] = rule.mask
            case CleanEnvironment():
                draft.partly("the workload gets the plan's variables only; its own were set by the engine")
            case Writable() | ReadOnlyRoot():
                _landlock_holds(facts, draft)
            case Execution():
                if not rule.from_writable:
                    _landlock_holds(facts, draft)
                    draft.partly(NOT_BY_NAME)
            case OwnTerminal() | Namespaces() | Network() | Scratch():
                draft.cannot(OUTSIDE)
            case HiddenPaths() | MaskedPaths() | Devices() | ForensicCleanup():
                draft.cannot(OUTSIDE)
            case _:
                assert_never(rule)
    return Rendered(text=encode(_plan(values, policy, sandbox, facts)), gaps=tuple(draft.gaps))


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
    return FileRules(execute=tuple(dict.fromkeys(run)), write=tuple(dict.fromkeys(write)))


def _filter(rule: SystemCalls, facts: Facts, draft: Draft) -> str | None:
    if facts.machine not in NUMBERS:
        draft.cannot(f"there is no table of system calls for {facts.machine}")
        return None
    return binascii.b2a_base64(program.compile(rule, facts.machine), newline=False).decode("ascii")


def _unconfined() -> dict[str, int | bool | str | None]:
    most = 1 << 20
    return {"filter": None, "uid": 1000, "gid": 1000, "no_new_privileges": False, "no_capabilities": False, "umask": 0o022,
            "processes": most, "files": most}  # fmt: skip


def _plan(values: dict[str, int | bool | str | None], policy: Policy, sandbox: Sandbox, facts: Facts) -> Plan:
    workload = sandbox.workload
    placed = [mount for mount in workload.mounts if mount.place is not None]
    return Plan(
        **values,  # type: ignore[arg-type]  # its keys are Plan's, tests decode every golden plan
        groups=facts.groups,
        file_rules=_file_rules(policy, sandbox, facts),
        argv=workload.argv,
        env=dict(workload.env),
        cwd=workload.cwd,
        folders=workload.folders,
        places=tuple(PlacedPath(mount.target, mount.source, mounts.writable(policy, mount)) for mount in placed),
        door=Door(f"{DOOR}/in.sock", workload.port) if workload.port else None,
        lifeline=sandbox.lifeline,
        stop_signal=workload.stop_signal,
        grace=workload.grace,
        restarts=workload.restarts,
        command=workload.port is None,
    )


TARGET = Target("guard", "plan of the guard, PID 1 inside (JSON)", render)
