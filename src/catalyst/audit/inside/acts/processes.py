"""Who this process is, and which others it sees."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from catalyst.audit.inside.native import UnknownMachine, call
from catalyst.audit.inside.probe import Answer, Context, allowed, denied, unknown

FIELDS = ("Uid", "Gid", "CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb", "NoNewPrivs", "Seccomp")
# A process in a Landlock domain has no access to one outside it (what ptrace(2) calls an access mode check: memory,
# environment, root, descriptors). Each of these controls gives the workload a domain, so it falls only with all of them.
DOMAIN = ("write-confinement", "execution", "network-mode")
TOKEN_NAME = re.compile(
    r"^(HUGGINGFACE|HUGGING_FACE|HF|CIVITAI|AWS|AZURE|GOOGLE|GCP|OPENAI|ANTHROPIC|REPLICATE|RUNPOD|WANDB|GITHUB|GH)_"
    r".*(TOKEN|KEY|SECRET|CREDENTIALS|PASSWORD)|^AWS_.*ID$|^HF_TOKEN$"
)


def status() -> dict[str, str]:
    """The lines of /proc/self/status that say who this process is (proc_pid_status(5)); empty where it cannot be read."""
    try:
        text = Path("/proc/self/status").read_text("utf-8", "replace")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: " ".join(value.split()) for name, _, value in pairs if name in FIELDS}


PR_GET_NO_NEW_PRIVS = 39


def no_new_privileges() -> bool | None:
    """Is no program started with more than its caller has? None where the kernel does not say (prctl(2)). It is
    asked, since gVisor's /proc does not show it."""
    try:
        return call("prctl", PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
    except (OSError, UnknownMachine):
        return None


def token_names(environ: bytes, *further: str) -> list[str]:
    """The names in a NUL-separated environment that carry a token, and those of `further` that are there."""
    names = (entry.partition(b"=")[0].decode("ascii", "replace") for entry in environ.split(b"\0"))
    return sorted({name for name in names if TOKEN_NAME.search(name) or name in further})


def bait_names(context: Context) -> tuple[str, ...]:
    """The name of the variable that was laid as bait, if one was."""
    return tuple(name for name in [context.bait.get("env", "")] if name)


def others() -> list[int]:
    """Every other process in sight."""
    return sorted(pid for pid in _pids() if pid != os.getpid())


def strangers() -> list[int]:
    """Processes that are neither in this one's session nor in that of one that it descends from.

    The guard (pid 1) and what it started for this workload are in the latter.
    """
    parents, sessions = {}, {}
    for pid in _pids():
        if found := _parent_and_session(pid):
            parents[pid], sessions[pid] = found
    known, pid = set(), os.getpid()
    while pid in parents:
        known.add(sessions[pid])
        pid = parents[pid]
    return sorted(pid for pid, session in sessions.items() if session not in known and pid != 1)


def ancestors() -> list[int]:
    """The parent, its parent, and so on up to the first process in sight."""
    found, pid = [], os.getpid()
    while (answer := _parent_and_session(pid)) and answer[0] > 0:
        pid = answer[0]
        found.append(pid)
    return found


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _parent_and_session(pid: int) -> tuple[int, int] | None:
    try:
        # the name before it is in parentheses and may hold anything (proc_pid_stat(5))
        words = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:  # it has ended, or is hidden
        return None
    return int(words[1]), int(words[3])


def find_victim(marker: str) -> int | None:
    """The process that has the bait's marker as a word of its command line; never this one, which was told it."""
    for pid in others():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if marker.encode() in words:
            return pid
    return None


def on_victim(act: Callable[[int], Answer]) -> Callable[[Context], Answer]:
    """`act` on the bait process; denied where it is out of sight."""

    def found(context: Context) -> Answer:
        marker = context.bait.get("victim")
        if not marker:
            return unknown("no bait was laid")
        pid = find_victim(marker)
        return act(pid) if pid else denied("the host's process is out of sight")

    return found


def environment_names(pid: int, *further: str) -> Answer:
    """The tokens in another process's environment, by name. Raises OSError."""
    names = token_names(Path(f"/proc/{pid}/environ").read_bytes(), *further)
    if names:
        return allowed(f"/proc/{pid}/environ holds {', '.join(names)}")
    return denied(f"/proc/{pid}/environ can be read and holds no token")
