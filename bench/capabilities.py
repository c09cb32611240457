"""Which capabilities a start needs, by measurement: the canary under the guard, started again and again with one less.

    python bench/capabilities.py [--engine NAME]... [--write]

Each way of starting begins with the capabilities that `docker run` gives by default, then loses one after the other and
keeps lost what it does without: what is left is needed. Two answers count: the canary *answers*, and every process is
*as promised* (`instance/posture.py`, as `catalyst up` asks it). Needs root, the engines and the test image;
--write makes docs/reference/capabilities.md of it.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from capabilities_page import IMAGE, page, versions

import catalyst
from catalyst.engine import facts as host
from catalyst.engine import process
from catalyst.engine.engine import engines
from catalyst.errors import Unenforceable
from catalyst.guard.record import replace
from catalyst.instance import posture
from catalyst.instance.store import make_session, remove_session
from catalyst.policy.build import build
from catalyst.policy.model import NotEnforced, Place
from catalyst.render import session
from catalyst.render.target import Facts, Sandbox, answers, targets
from catalyst.settings import Settings, load
from catalyst.workloads import canary
from catalyst.workloads.interpreter import IMAGE as PYTHON
from live import containers

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/capabilities.md"
PATIENCE, STRANGER = 30.0, 2000
# What `docker run` gives (moby/moby:oci/caps/defaults.go); every way begins with them, bwrap's too.
DEFAULT = ("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW",
           "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT")  # fmt: skip

Argv = Callable[[tuple[str, ...], Iterable[str]], list[str]]


@dataclass
class Outcome:
    """One start: did the canary answer, what was said where it did not, what is not as promised."""

    answers: bool
    said: str = ""
    broken: str = ""

    @property
    def good(self) -> bool:
        """It answers, as promised."""
        return self.answers and not self.broken

    def words(self) -> str:
        """For a table."""
        return f"answers, but {self.broken}" if self.answers else self.said


@dataclass
class Way:
    """A way of starting: whose volume it is, who the workload is, how the argv carries capabilities."""

    title: str
    engine: str
    argv: Argv
    candidates: tuple[str, ...] = DEFAULT
    uid: int = 1000
    owner: int = 0  # of the folder output, where it is somebody else's
    as_root: bool = True  # Catalyst is; it decides about the user namespace under bwrap
    needed: dict[str, str] = field(default_factory=dict)  # capability -> what a start without it says
    with_none: str = ""
    refused: str = ""


def as_root(argv: tuple[str, ...], kept: Iterable[str]) -> list[str]:
    """docker and podman: the image's entry as root, as in a bare `docker run` or on a rented pod."""
    words = ["--user=0:0" if word.startswith("--user=") else word for word in argv]
    return container(tuple(words), kept)


def container(argv: tuple[str, ...], kept: Iterable[str]) -> list[str]:
    """docker and podman: what is rendered, and these capabilities."""
    at = argv.index("--cap-drop=ALL") + 1
    return [*argv[:at], *(f"--cap-add={name}" for name in kept), *argv[at:]]


def bwrap(argv: tuple[str, ...], kept: Iterable[str]) -> list[str]:
    """bwrap by root: other capabilities than the rendered ones for the guard."""
    at = argv.index("--cap-drop")
    rest = at + 2
    while argv[rest] == "--cap-add":
        rest += 2
    return [*argv[: at + 2], *(word for name in kept for word in ("--cap-add", f"CAP_{name}")), *argv[rest:]]


def bwrap_itself(argv: tuple[str, ...], kept: Iterable[str]) -> list[str]:
    """bwrap by a root that has been left these capabilities only; bwrap's own argv is as rendered."""
    bounding = ",".join(["-all", *(f"+{name.lower()}" for name in kept)])
    return ["setpriv", f"--bounding-set={bounding}", *argv]


def user(argv: tuple[str, ...], kept: Iterable[str]) -> list[str]:
    """bwrap by an ordinary user, who has none to give."""
    assert not list(kept)
    return ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", *argv]


def every() -> tuple[str, ...]:
    """The capabilities that this process itself has and could lose (setpriv(1) names them)."""
    listed = subprocess.run(["setpriv", "--list-caps"], check=True, capture_output=True, text=True).stdout.split()
    mine = int(
        next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "CapEff" in line), 16
    )
    return tuple(name.upper() for number, name in enumerate(listed) if mine >> number & 1)


def ways(engine: str) -> list[Way]:
    """What is measured for one engine."""
    if engine == "bwrap":
        return [
            Way("root, for the guard", engine, bwrap),
            Way("root", engine, bwrap, owner=STRANGER),
            Way("root, for bwrap itself", engine, bwrap_itself, every()),
            Way("uid 1000 (user namespace)", engine, user, (), as_root=False),
        ]
    return [
        Way("root entry", engine, as_root),
        Way("root entry", engine, as_root, owner=STRANGER),
        Way("uid 1000", engine, container, ()),
        Way("an arbitrary uid (`--user 4242`)", engine, container, (), uid=4242),
    ]


class Bench:
    """Starts sandboxes out of one folder that every user may read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o755)
        self.package = folder / "lib/catalyst"  # a checkout below /root is closed to an ordinary user
        shutil.copytree(Path(catalyst.__file__).parent, self.package)
        self.starts = 0

    def start(self, way: Way, kept: Iterable[str]) -> Outcome:
        """One start with these capabilities, ended again."""
        self.starts += 1
        settings = load({"data": str(self._data(way)), "security_level": "maximum", "network_mode": "isolated",
                         "user": f"{way.uid}:{way.uid}", "image": IMAGE}, environ={}, config=None)  # fmt: skip
        facts = replace(host.read(settings), root=way.as_root)
        one = Start(way, settings, facts, self.folder / f"s{self.starts}", str(self.package))
        with one.running(kept) as sandbox:
            return one.outcome(sandbox)

    def _data(self, way: Way) -> Path:
        data = self.folder / f"data-{way.uid}-{way.owner or way.uid}"
        for place in Place:
            path = data / place.value
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            owner = (way.owner or way.uid) if place is Place.OUTPUT else way.uid
            os.chown(path, owner, owner)
        return data


class Start:
    """One sandbox, prepared as `catalyst up` prepares it (instance/prepare.py), with other capabilities."""

    def __init__(self, way: Way, settings: Settings, facts: Facts, folder: Path, package: str) -> None:
        self.way, self.folder, self.engine, self.data = way, folder, engines()[way.engine], settings.data
        self.policy = build(settings)
        workload = canary.workload(settings, PYTHON, 8188, way.engine)
        sandbox = Sandbox(os.urandom(6).hex(), workload, str(folder), package, PYTHON.executable, IMAGE, 0)
        self.outer = targets()[self.engine.target].render(self.policy, sandbox, facts)
        inner = targets()["guard"].render(self.policy, sandbox, facts)
        said = answers(self.policy, {"outer": self.outer.gaps, "inner": inner.gaps})
        self.lacking = {name for name, one in said.items() if isinstance(one.overall, NotEnforced)}
        self.files = session.files(self.policy, inner.text, facts.machine, self.outer)
        self.id = sandbox.id

    @contextmanager
    def running(self, kept: Iterable[str]) -> "Iterator[process.Process[bytes]]":
        """Started; ended by its lifeline, and removed."""
        make_session(self.folder, self.files)
        door = self.folder / "door"
        door.mkdir(mode=0o700)
        os.chown(door, self.way.uid, self.way.uid)
        with (self.folder.parent / "said").open("wb") as output:
            sandbox = process.start(self.way.argv(self.outer.argv, kept), output=output, opened=self.outer.opened)
        try:
            yield sandbox
        finally:
            assert sandbox.stdin is not None
            sandbox.stdin.close()
            sandbox.wait(PATIENCE)
            self.engine.remove(self.id)
            remove_session(self.folder)

    def outcome(self, sandbox: "process.Process[bytes]") -> Outcome:
        """Wait for an answer or the end."""
        end = time.monotonic() + PATIENCE
        while sandbox.poll() is None and time.monotonic() < end:
            if answered(self.folder / "door/in.sock"):
                return Outcome(True, broken=self._broken(sandbox.pid))
            time.sleep(0.05)
        lines = (self.folder.parent / "said").read_text(errors="replace").splitlines()
        mine = [line.split(": ", 2)[2] for line in lines if line.startswith(("catalyst: error:", "catalyst: hint:"))]
        said = "; ".join(mine) or next((line for line in reversed(lines) if line.strip()), "nothing")
        code = f" (exit {sandbox.returncode})" if sandbox.returncode is not None else ""
        return Outcome(False, said.replace(self.data, "DATA").replace(self.id, "ID") + code)

    def _broken(self, client: int) -> str:
        first = self.engine.pid(self.id, client)
        assert first, "the sandbox answers and its first process is not found"
        try:
            posture.compare(self.policy, posture.look(first), self.way.uid, self.lacking)
        except Unenforceable as error:
            _, _, said = str(error).partition(" needs it: seen from the host: process ")
            return said.partition(" ")[2] or str(error)
        return ""


def answered(door: Path) -> bool:
    """GET /system_stats through the way in."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(5)
        asked.connect(str(door))
        asked.sendall(b"GET /system_stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return asked.recv(64).split()[1:2] == [b"200"]
    return False


def measure(bench: Bench, way: Way) -> None:
    """Take away one after the other; what cannot be missed is tried again at the end, with only the needed ones there."""
    full = bench.start(way, way.candidates)
    if way.owner:
        assert not full.answers, f"{way.engine}, {way.title}: it starts with somebody else's volume"
        way.refused = full.said
        return
    assert full.good, f"{way.engine}, {way.title}: with all it was given it says: {full.words()}"
    kept = list(way.candidates)
    for name in way.candidates:
        without = [one for one in kept if one != name]
        if bench.start(way, without).good:
            kept = without
    assert bench.start(way, kept).good
    way.needed = {name: bench.start(way, [one for one in kept if one != name]).words() for name in kept}
    way.with_none = bench.start(way, ()).words() if kept else ""


def main() -> int:
    """Measure, print, and write the page when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", action="append", choices=sorted(engines()), help="only this one; may be repeated")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench/capabilities.py: error: only root has capabilities to lose")
    measured: list[Way] = []
    missing: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="catalyst-", ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        bench = Bench(Path(folder))
        for name in options.engine or sorted(engines()):
            if shutil.which(name) is None:
                missing[name] = f"{name} is not installed"
                continue
            if name != "bwrap":
                os.environ.update(stack.enter_context(containers.ready(name, IMAGE)))
            for way in ways(name):
                measure(bench, way)
                measured.append(way)
                kept = ", ".join(way.needed) or "none"
                print(f"{name}, {way.title}: " + (way.refused or f"{kept} of {len(way.candidates)} given"), flush=True)
        text = page(measured, missing, versions())
    if options.write:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(text)
    print(f"{bench.starts} starts\n\n{text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
