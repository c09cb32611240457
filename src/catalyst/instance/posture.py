"""What the kernel says is in force on the sandbox's processes, seen from the host."""

from collections.abc import Container, Iterator
from pathlib import Path

from catalyst.engine.engine import children
from catalyst.errors import Unenforceable
from catalyst.guard.record import Record
from catalyst.policy.model import Capabilities, Identity, NoNewPrivileges, Policy, SystemCalls

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
