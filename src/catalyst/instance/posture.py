"""What the kernel says is in force on the sandbox's processes, seen from the host."""

import json
from collections.abc import Collection, Container, Iterator
from contextlib import suppress
from pathlib import Path

from catalyst.engine import process
from catalyst.engine.engine import Engine, children
from catalyst.errors import Unenforceable
from catalyst.guard.record import Record
from catalyst.policy.model import Capabilities, Identity, NoNewPrivileges, Policy, SystemCalls
from catalyst.workloads.interpreter import IMAGE
from catalyst.workloads.model import PACKAGE

CAPABILITY_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


class Seen(Record):
    """One process and its fields of /proc/PID/status."""

    pid: int
    fields: dict[str, str]


def look(guard: int) -> list[Seen]:
    """The guard and everything below it."""
    return [Seen(pid, found) for pid in _family(guard) if (found := _status(pid))]


def _family(pid: int) -> Iterator[int]:
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children(one)


def _status(pid: int) -> dict[str, str]:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:  # it ended meanwhile
        return {}
    return {key: value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}


def compare(policy: Policy, seen: list[Seen], host_uid: int, lacking: Container[str] = ()) -> None:
    """Raises Unenforceable when a process is not as the policy says. `host_uid` is the uid expected on the host.

    `lacking` are controls that were said not to be enforced here.
    """
    for one in seen:
        for stated in policy:
            for control in stated.controls:
                if control in lacking:
                    continue
                why = wrong(stated.rule, one, host_uid)
                if why:
                    raise Unenforceable(control, "the policy", {"seen from the host": f"process {one.pid} {why}"})


def inside(engine: Engine, instance: str) -> list[Seen]:
    """What runs in a sandbox whose kernel is not the host's, as that kernel tells; empty where it cannot be heard."""
    asked = (IMAGE.executable, "-I", "-S", f"{PACKAGE}/guard/kernel.py", "--processes")
    done = process.run([engine.id, "exec", f"catalyst-{instance}", *asked])
    with suppress(ValueError, TypeError, KeyError):
        if done.code == 0:
            return [Seen(int(one["Pid"]), dict(one)) for one in json.loads(done.out)]
    return []


def compare_inside(policy: Policy, seen: list[Seen], uid: int, lacking: Collection[str] = ()) -> None:
    """As `compare`, of processes seen from within. The guard's own are without the filter there, for the engine's is not put
    in force by such a runtime; somebody else must be there. Raises Unenforceable."""
    others = [one for one in seen if one.fields.get("guard") != "1"]
    if not others:
        raise Unenforceable("identity", "the policy", {"seen from within": "its processes cannot be seen"})
    compare(policy, others, uid, lacking)
    compare(policy, [one for one in seen if one not in others], uid, {"system-calls", *lacking})


def wrong(rule: object, one: Seen, host_uid: int) -> str:
    """What of a process is not as the rule says; empty if nothing, or where no process shows it."""
    match rule:
        case Identity():
            uids = set(one.fields.get("Uid", "").split())
            return "" if uids == {str(host_uid)} else f"has the uids {sorted(uids)}, not {host_uid}"
        case NoNewPrivileges():
            return "" if one.fields.get("NoNewPrivs") == "1" else "may gain privileges by exec"
        case Capabilities():
            held = [name for name in CAPABILITY_SETS if int(one.fields.get(name, "1"), 16)]
            return f"has capabilities in {', '.join(held)}" if held else ""
        case SystemCalls():
            return "" if one.fields.get("Seccomp") == "2" else "runs without the system call filter"
        case _:
            return ""
