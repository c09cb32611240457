"""The guard's plan: the inner layer."""

import binascii
from typing import assert_never

from catalyst.guard.plan import Door, PlacedPath, Plan, encode
from catalyst.policy.model import (
    Capabilities,
    CleanEnvironment,
    Devices,
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
from catalyst.workloads.model import DOOR

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
            case OwnTerminal() | Namespaces() | Network() | ReadOnlyRoot() | Writable() | Scratch():
                draft.cannot(OUTSIDE)
            case HiddenPaths() | MaskedPaths() | Devices() | ForensicCleanup():
                draft.cannot(OUTSIDE)
            case _:
                assert_never(rule)
    return Rendered(text=encode(_plan(values, policy, sandbox, facts)), gaps=tuple(draft.gaps))


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
