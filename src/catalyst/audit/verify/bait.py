"""What is laid out on the host for the probes to reach for. All of it is inert, ours, and gone afterwards."""

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from catalyst.audit.inside import native
from catalyst.engine import process
from catalyst.errors import CatalystError
from catalyst.instance.ground import ground
from catalyst.settings import environment

VARIABLE = "HF_TOKEN"  # a name that thieves look for; its value is random and means nothing
# The exec comes after the change of user: without it the kernel would let nobody of that user trace the victim
# (PR_SET_DUMPABLE), and every attempt on it would fail for that reason alone. cat ends when we end, however we end.
VICTIM = """import os, sys
uid = int(sys.argv[2])
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
os.execv(sys.argv[3], ["cat", "-", sys.argv[1]])
"""
IPC_CREAT, IPC_RMID = 0o1000, 0
KEYCTL_UNLINK, SESSION_KEYRING = 9, -3


class Bait:
    """`words` is what probes are told, `folder` where the files lie, `variable` an assignment for env(1), `uid` that of
    the workload."""

    def __init__(
        self, folder: Path, words: Mapping[str, str], variable: str, uid: int, victim: "process.Process[bytes]"
    ) -> None:
        self.folder, self.words, self.variable, self.uid, self._victim = folder, words, variable, uid, victim

    def insist(self) -> None:
        """Raises CatalystError where somebody has taken some of it away: what is not there is stopped by nobody.

        The victim has the workload's uid, so any process of that user can end it.
        """
        there = [self.words["file"], self.words["unix"], self.words["vault"], self.words["control"]]
        there += [f"/dev/shm/{self.words['posix_shm']}"] if "posix_shm" in self.words else []
        gone = [path for path in there if not Path(path).exists()]
        gone += ["the process of the workload's user"] if self._victim.poll() is not None else []
        if gone:
            raise CatalystError(f"somebody has taken away what was laid as bait: {', '.join(gone)}", "catalyst verify")


@contextmanager
def laid(uid: int, instead: Path | None = None) -> Iterator[Bait]:
    """Lay all of it; `uid` is the workload's as the host sees it. What cannot be had here is left out. `instead`: where,
    if there is no temporary folder to write in."""
    with ExitStack() as stack:
        above = ground("TMPDIR", instead=instead)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="catalyst-bait-", dir=above)))
        folder.chmod(0o755)
        secret = os.urandom(16).hex()
        (folder / "file").write_text(f"bait {secret}\n", encoding="ascii")
        words = {"file": str(folder / "file"), "home": environment("HOME").get("HOME", "/nonexistent"), "env": VARIABLE}
        words |= _vault(folder, uid, secret) | _listeners(stack, folder)
        words |= _objects(stack, secret)
        words["victim"], victim = _victim(stack, uid, f"{VARIABLE}=hf_{secret}")
        if sys.stdin.isatty():
            words["tty"] = "1"
        bait = Bait(folder, words, f"{VARIABLE}=hf_{secret}", uid, victim)
        bait.insist()
        yield bait


def _vault(folder: Path, uid: int, secret: str) -> dict[str, str]:
    """What looks like a vault and its identity, the workload's user's own: so that its mode is not what stops anybody."""
    vault, key = folder / "vault.age", folder / "vault.age.key"
    vault.write_text(f"age-encryption.org/v1\n{secret}\n", encoding="ascii")
    key.write_text(f"bait {secret}\n", encoding="ascii")
    for file in (vault, key):
        file.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(file, uid, -1)
    return {"vault": str(vault)}


def _listeners(stack: ExitStack, folder: Path) -> dict[str, str]:
    """Sockets of every kind that a service of the host may have. Nobody accepts: a connection is made by the kernel."""
    name = f"catalyst-bait-{os.urandom(8).hex()}"
    words = {"unix": str(folder / "socket"), "control": str(folder / "control"), "abstract": name}
    for address in (words["unix"], words["control"], f"\0{name}"):
        _listen(stack, socket.AF_UNIX, address)
    for path in (words["unix"], words["control"]):
        Path(path).chmod(0o777)
    words["tcp"] = _listen(stack, socket.AF_INET, ("127.0.0.1", 0))
    datagrams = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    datagrams.bind(("127.0.0.1", 0))
    words["udp"] = f"127.0.0.1:{datagrams.getsockname()[1]}"
    own = _own_address()
    if own:
        words["lan"] = _listen(stack, socket.AF_INET, (own, 0))
    return words


def _listen(stack: ExitStack, family: socket.AddressFamily, address: object) -> str:
    listener = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
    listener.bind(address)  # type: ignore[arg-type]  # a path or a pair, as the family wants
    listener.listen(128)
    name = listener.getsockname()
    return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else ""


def _own_address() -> str:
    """An address of this host that is not the loopback's; connect(2) of a datagram socket only looks up a route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker, suppress(OSError):
        asker.connect(("198.51.100.1", 9))
        found = str(asker.getsockname()[0])
        return "" if found.startswith("127.") else found
    return ""


def _objects(stack: ExitStack, secret: str) -> dict[str, str]:
    """IPC objects and a key; each where this host lets us make it."""
    words = {}
    shared = Path("/dev/shm") / f"catalyst-bait-{secret}"
    with suppress(OSError):
        shared.write_text("bait", encoding="ascii")
        shared.chmod(0o666)
        stack.callback(shared.unlink, missing_ok=True)
        words["posix_shm"] = shared.name
    with suppress(OSError, native.UnknownMachine):
        key = int.from_bytes(os.urandom(3), "big") | 1 << 24
        segment = native.call("shmget", key, 4096, IPC_CREAT | 0o666)
        stack.callback(native.call, "shmctl", segment, IPC_RMID, None)
        words["shm"] = str(key)
    with suppress(OSError, native.UnknownMachine):
        name = f"catalyst-bait-{secret[:8]}"
        serial = native.call("add_key", b"user\0", name.encode() + b"\0", b"bait", 4, SESSION_KEYRING)
        stack.callback(_quietly, "keyctl", KEYCTL_UNLINK, serial, SESSION_KEYRING, 0, 0)
        words["key"] = name
    return words


def _quietly(*arguments: object) -> None:
    with suppress(OSError):
        native.call(*arguments)  # type: ignore[arg-type]  # a name, then numbers: callbacks take anything


def _victim(stack: ExitStack, uid: int, variable: str) -> "tuple[str, process.Process[bytes]]":
    """A waiting process of the workload's own uid, with a token in its environment; its marker, and a hold on it."""
    marker = f"catalyst-bait-{os.urandom(8).hex()}"
    cat = shutil.which("cat") or "/bin/cat"
    argv = ["env", variable, "/usr/bin/env", "python3", "-I", "-S", "-c", VICTIM, marker, str(uid), cat]
    victim = process.start(argv, errors=process.NULL)

    def end() -> None:
        victim.kill()
        victim.wait()
        for stream in (victim.stdin, victim.stdout):
            with suppress(OSError):
                if stream:
                    stream.close()

    stack.callback(end)
    if victim.stdin and victim.stdout:
        with suppress(OSError):  # insist() will tell
            victim.stdin.write(b"\n")
            victim.stdin.flush()
        victim.stdout.readline()  # it is who it will be
    return marker, victim
