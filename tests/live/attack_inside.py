"""Runs in the container: what same-uid code would do to Catalyst beside it. Prints one JSON object: attempt -> what came.

"through" means that it got through. Every attempt is harmless where it does: nothing is changed, signal 0 is sent.
"""

import contextlib
import errno
import hashlib
import json
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path

STATE = Path("/data/.catalyst")
NUMBER = hashlib.sha256(b"/data").hexdigest()[:12]


def pid_of(word: bytes) -> int:
    """Of another process whose command line has the word."""
    found = [int(one.name) for one in Path("/proc").glob("[0-9]*")
             if one.name != str(os.getpid()) and word in one.joinpath("cmdline").read_bytes()]  # fmt: skip
    return found[0]


def control() -> None:
    """The broker's: whoever talks to it allows himself the internet."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(f"\0catalyst/{NUMBER}/egress.sock")
        line.sendall(b'{"do": "list"}\n')
        assert line.recv(100).startswith(b'{"ok": true')


def control_by_path() -> None:
    for file in STATE.rglob("egress.sock"):
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(file))
            return
    raise FileNotFoundError(errno.ENOENT, "no such socket")


def lock() -> None:
    """Open, it can be taken as soon as it is free, and stops every later start."""
    with (STATE / "lock").open("r+b"):
        pass


def link() -> None:
    """A second name of the database where it can be read."""
    (name := Path("/data/output/second")).unlink(missing_ok=True)
    os.link(STATE / "gateway.db", name)
    try:
        name.read_bytes()
    finally:
        name.unlink()


def renamed() -> None:
    """The whole folder, away and back."""
    STATE.rename("/data/output/state")
    Path("/data/output/state").rename(STATE)


def by_descriptor() -> None:
    """Opened as a path only, and again through /proc."""
    held = os.open(STATE / "gateway.db", os.O_PATH)
    try:
        os.close(os.open(f"/proc/self/fd/{held}", os.O_RDONLY))
    finally:
        os.close(held)


def gateway() -> None:
    """From loopback it would look like the owner's own browser."""
    socket.create_connection(("127.0.0.1", 8188), 5).close()


def ports() -> None:
    """A port that other machines reach."""
    with socket.create_server(("0.0.0.0", 8321)) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect(("192.0.2.1", 9))
        own = asked.getsockname()[0]
        server.settimeout(5)
        socket.create_connection((own, 8321), 5).close()
        server.accept()


def proc(word: bytes, name: str) -> Callable[[], object]:
    def read() -> object:
        path = Path(f"/proc/{pid_of(word)}/{name}")
        return list(path.iterdir()) if name == "fd" else path.open("rb")

    return read


def opened(path: str) -> Callable[[], object]:
    def one() -> None:
        with Path(path).open("rb"):
            pass

    return one


def limits() -> None:
    """One on processor time ends it by a signal."""
    resource.prlimit(pid_of(b"services.broker"), resource.RLIMIT_NOFILE)


def signalled(word: bytes) -> Callable[[], object]:
    return lambda: os.kill(pid_of(word), 0)


def descriptors() -> list[str]:
    """What was handed down, beside the standard three and the one that lists them."""
    found = []
    for one in sorted(Path("/proc/self/fd").iterdir()):
        with contextlib.suppress(FileNotFoundError):
            found += [f"{one.name} {one.readlink()}"] if int(one.name) > 2 else []
    return found


SERVICES = {"gateway": b"services.gateway", "broker": b"services.broker", "front": b"--beside"}
ATTEMPTS: dict[str, Callable[[], object]] = {
    "read the logins": (STATE / "gateway.db").read_bytes,
    "read them by /proc/self/root": Path("/proc/self/root/data/.catalyst/gateway.db").read_bytes,
    "read them by a descriptor": by_descriptor,
    "read them by a second name": link,
    "read the broker's rules": (STATE / "session/broker.json").read_bytes,
    "read the egress log": (STATE / "egress.log").read_bytes,
    "write beside them": (STATE / "planted").touch,
    "write over the record": lambda: (STATE / "instance.json").open("r+b").close(),
    "open the lock": lock,
    "move them away": renamed,
    "talk to the broker's control": control,
    "talk to a control by path": control_by_path,
    "open the gateway's port": gateway,
    "serve beyond loopback": ports,
    **{f"signal the {name}": signalled(word) for name, word in SERVICES.items()},
    **{f"{what} of the {name}": proc(word, what) for name, word in SERVICES.items() for what in ("mem", "fd", "environ")},
    "set the broker's limits": limits,
    "signal PID 1": lambda: os.kill(1, 0),
    "memory of PID 1": opened("/proc/1/mem"),
}  # fmt: skip


def outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    return "through"


if __name__ == "__main__":
    said: dict[str, object] = {name: outcome(attempt) for name, attempt in ATTEMPTS.items()}
    said["descriptors"] = descriptors()
    said["environment"] = sorted(os.environ)
    print("ATTACK " + json.dumps(said), flush=True)
    sys.stdout.flush()
