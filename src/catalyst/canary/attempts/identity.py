"""Become someone else, or touch others' processes."""

import errno
import os
from functools import partial
from pathlib import Path

from catalyst.canary.attempt import Answer, Attempt, Context, allowed, denied, first_allowed, met

CAPABILITY_SETS = ("CapEff", "CapPrm", "CapAmb")
FIELDS = ("Uid", "Gid", "CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb", "NoNewPrivs", "Seccomp")


def status() -> dict[str, str]:
    """The lines of /proc/self/status that say who this process is (proc_pid_status(5)); empty where it cannot be read."""
    try:
        text = Path("/proc/self/status").read_text("utf-8", "replace")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: " ".join(value.split()) for name, _, value in pairs if name in FIELDS}


def become_root(_: Context) -> Answer:
    """setresuid(2), in this short-lived child."""
    if os.geteuid() == 0:
        return allowed("it is root already")
    try:
        os.setresuid(0, 0, 0)
    except OSError as error:
        if error.errno == errno.EINVAL:  # user_namespaces(7)
            return Answer("denied", "setresuid: there is no root in its user namespace", "EINVAL")
        return met(error, "setresuid")
    return allowed("it became root")


def join_root_group(_: Context) -> Answer:
    """setgroups(2)."""
    try:
        os.setgroups([0])
    except OSError as error:
        if error.errno == errno.EINVAL:
            return Answer("denied", "setgroups: there is no such group in its user namespace", "EINVAL")
        return met(error, "setgroups")
    return allowed("it joined root's group")


def capabilities(_: Context) -> Answer:
    """K1: one capability is enough for many escapes (capabilities(7))."""
    own = status()
    held = [f"{name} {own[name]}" for name in CAPABILITY_SETS if int(own.get(name, "0"), 16)]
    if held:
        return allowed(", ".join(held))
    return denied("it holds none") if own else Answer("unknown", "/proc/self/status cannot be read")


def strangers() -> list[int]:
    """Processes that are neither in this one's session nor in that of one that it descends from.

    The guard (pid 1) and what it started for this workload are in the latter.
    """
    parents, sessions = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (found := _parent_and_session(entry)):
            parents[int(entry.name)], sessions[int(entry.name)] = found
    known, pid = set(), os.getpid()
    while pid in parents:
        known.add(sessions[pid])
        pid = parents[pid]
    return sorted(pid for pid, session in sessions.items() if session not in known and pid != 1)


def _parent_and_session(entry: Path) -> tuple[int, int] | None:
    try:
        # the name before it is in parentheses and may hold anything (proc_pid_stat(5))
        words = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:  # it has ended, or is hidden
        return None
    return int(words[1]), int(words[3])


def other_processes(_: Context) -> Answer:
    """What others run, and with which arguments, is in /proc unless the pid namespace is its own."""
    count = len(strangers())
    return allowed(f"processes of others in sight: {count}") if count else denied("no other process in sight")


def signal_others(_: Context) -> Answer:
    """I4 and I7 end their rivals. Signal 0 asks for the permission and sends nothing (kill(2))."""
    return first_allowed([partial(_may_signal, pid) for pid in strangers()], "no other process in sight")


def _may_signal(pid: int) -> Answer:
    os.kill(pid, 0)
    return allowed(f"process {pid} could be ended")


ATTEMPTS = (
    Attempt("become-root", "identity", "become root", "general", become_root),
    Attempt("root-group", "identity", "join root's group", "general", join_root_group),
    Attempt("capabilities", "identity", "use a part of root's power (capabilities)", "general", capabilities),
    Attempt("other-processes", "identity", "see other programs", "general", other_processes),
    Attempt("signal-others", "identity", "end other programs", "I4, I7", signal_others),
)
