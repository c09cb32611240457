"""What the kernel here has, and what is in force on the processes here, as JSON.

A container's kernel need not be the host's: gVisor's is a program of its own, Kata's that of a virtual machine. So it is
asked from within: `python3 -I -S catalyst/guard/kernel.py PROGRAM FOLDER` with the filter that supervises sockets (base64)
and a folder of the host's, or `… --processes`.
"""

import json
import os
import socket
import sys

if __package__ in {None, ""}:
    sys.path.insert(0, __file__.removesuffix("/catalyst/guard/kernel.py"))  # as in __main__.py

from catalyst.guard import steps, syscalls
from catalyst.guard.egress import probe

GVISOR = "gVisor"
GUARD = "/guard/__main__.py"
SOCKET = "asked.sock"


def look(program: str, folder: str) -> dict[str, object]:
    """`name` for people, `boot`: the number of this boot, empty where there is none; `filtered`: whoever started us has put
    a filter of system calls in force; `sockets`: what is bound in `folder` is a socket of the host's too."""
    return {
        "name": GVISOR if is_gvisor() else f"{os.uname().sysname} {os.uname().release}",
        "boot": boot(),
        "machine": os.uname().machine,
        "landlock": _landlock(),
        "notify": bool(program) and probe.works(program),
        "filtered": steps.status("Seccomp") == "2",
        "sockets": _binds(folder),
    }


def boot() -> str:
    """The same in all containers of one Linux kernel (random(4)); gVisor has none."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _binds(folder: str) -> bool:
    """gVisor refuses it unless told to let sockets through (`--host-uds`)."""
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.bind(f"{folder}/{SOCKET}")
        except OSError:
            return False
    return True


def processes() -> list[dict[str, str]]:
    """Every process but this one: its fields of /proc/PID/status, and as `guard` whether it is one of the guard's own, which
    no filter of the workload's is on. What this kernel says of none, because it is so for all, is added."""
    found, added = [], for_all()
    for pid in (name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()):
        try:
            with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
                fields = {key: value.strip() for key, _, value in (line.partition(":") for line in file)}
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                guard = any(word.endswith(GUARD.encode()) for word in file.read().split(b"\0")[:4])
        except OSError:  # it ended meanwhile
            continue
        found.append({**added, **fields, "guard": "1" if guard else "0"})
    return found


def for_all() -> dict[str, str]:
    """gVisor starts no program with more than its caller has, and answers so for every process; it has no ambient set."""
    if not is_gvisor():
        return {}
    on = syscalls.prctl("PR_GET_NO_NEW_PRIVS", syscalls.PR_GET_NO_NEW_PRIVS)
    return {"NoNewPrivs": str(on), "CapAmb": "0" * 16}


def _landlock() -> int:
    try:
        return syscalls.landlock_abi()
    except OSError:
        return 0


def is_gvisor() -> bool:
    """By the first line of its log (pkg/sentry/kernel/syslog.go), which anybody in it may read."""
    try:
        return f"Starting {GVISOR}" in syscalls.kernel_log()
    except OSError:
        return False


if __name__ == "__main__":
    print(json.dumps(processes() if sys.argv[1:] == ["--processes"] else look(*sys.argv[1:3])))
