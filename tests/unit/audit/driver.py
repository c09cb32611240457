"""Makes the attempts of the themes kernel and network in forks of one process, which takes a second and not a minute.

Run by path, in namespaces of its own, as: driver.py SRC SCRATCH [FILTER]. With FILTER, a file with a classic BPF
program, under that filter. Prints a JSON list for each attempt.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, sys.argv[1])

from catalyst.audit.inside.acts.tracing import forked
from catalyst.audit.inside.attempt import load_all
from catalyst.audit.inside.native import address, block_of, call
from catalyst.audit.inside.probe import Context

SHM_KEY, IPC_CREAT = 0x6361_7462, 0o1000
STATE = (
    "/proc/self/mountinfo", "/proc/sysvipc/shm", "/proc/sysvipc/msg", "/proc/sysvipc/sem", "/proc/swaps", "/proc/modules",
    "/proc/net/route", "/proc/net/if_inet6", "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname",
    "/proc/sys/kernel/acct",
)  # fmt: skip


def listen(family: int, name: str | tuple[str, int]) -> socket.socket:
    """A listener that takes whoever comes."""
    door = socket.socket(family, socket.SOCK_STREAM)
    door.bind(name)
    door.listen(64)

    def serve() -> None:
        while True:
            with suppress(OSError):
                door.accept()[0].close()

    threading.Thread(target=serve, daemon=True).start()
    return door


def bait(scratch: Path) -> dict[str, str]:
    """What attempts reach for, but for the process."""
    tcp, name = listen(socket.AF_INET, ("127.0.0.1", 0)), f"catalyst-bait-{os.getpid()}"
    listen(socket.AF_UNIX, str(scratch / "bait.sock"))
    listen(socket.AF_UNIX, "\0" + name)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    kept.append(udp)
    call("shmget", SHM_KEY, 4096, IPC_CREAT | 0o600)
    kept.append(tempfile.NamedTemporaryFile(dir="/dev/shm"))  # noqa: SIM115 -- for as long as this process lives
    argv = [sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read()", "catalyst-victim"]
    victim = subprocess.Popen(argv, stdin=subprocess.PIPE)
    kept.append(victim)
    while b"catalyst-victim" not in Path(f"/proc/{victim.pid}/cmdline").read_bytes():
        os.sched_yield()
    laid = {
        "unix": str(scratch / "bait.sock"),
        "abstract": name,
        "shm": str(SHM_KEY),
        "posix_shm": Path(kept[1].name).name,
        "victim": "catalyst-victim",
    }
    for key, line in (("tcp", tcp), ("udp", udp), ("lan", tcp)):
        laid[key] = "{}:{}".format(*line.getsockname())
    with suppress(OSError):  # a container's filter may refuse keys
        call("keyctl", 1, None, 0, 0, 0)  # a session keyring of one's own, gone with this process
        call("add_key", b"user\0", b"catalyst-bait\0", b"x", 1, -3)
        laid["key"] = "catalyst-bait"
    return laid


def restrict(program: bytes) -> None:
    """Put the filter in force."""
    code = block_of(program)
    call("prctl", 38, 1, 0, 0, 0)
    call("seccomp", 1, 0, (len(program) // 8).to_bytes(8, "little") + address(code).to_bytes(8, "little"))


def state() -> list[str]:
    """What attempts must leave as it is."""
    return [Path(file).read_text() for file in STATE if Path(file).exists()]


def changed(before: list[str], after: list[str]) -> list[str]:
    """What is another. A mount may go by itself, when somebody removes its folder on the machine; none may come."""
    mounts = set(after[0].splitlines()) - set(before[0].splitlines())
    return [*mounts, *(new for old, new in zip(before[1:], after[1:], strict=True) if old != new)]


def main() -> None:
    """One line for each attempt."""
    scratch = Path(sys.argv[2])
    context = Context(scratch, scratch, {}, bait(scratch))
    before = state()
    if len(sys.argv) > 3:
        restrict(Path(sys.argv[3]).read_bytes())
    for probe in load_all():
        if probe.theme in {"kernel", "network"}:
            answer = forked(lambda: probe.act(context))  # noqa: B023 -- called at once
            print(json.dumps([probe.id, *answer]), flush=True)
    kept[1].close()
    print(json.dumps(changed(before, state())), flush=True)
    os._exit(0)  # the threads that serve never end


kept: list[Any] = []
if __name__ == "__main__":
    main()
