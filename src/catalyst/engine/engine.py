"""An engine makes sandboxes: it takes a rendered argv and knows how to find, watch and remove what came of it."""

import os
import select
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from catalyst import _discover
from catalyst.errors import CatalystError, EngineUnusable, NoEngine, shown
from catalyst.guard.record import Record

MODULES = ("apparmor", "selinux")  # security modules that take a profile per container


class Usable(Record):
    """The engine can be used; `note` says with what."""

    note: str


class Unusable(Record):
    """The engine cannot be used: why, and a command that mends it."""

    why: str
    hint: str


class Engine(Record):
    """One way to make a sandbox.

    `find(thorough)` tells whether it can be used (thorough tries it); `rootless()` whether it works without privilege;
    `has_image(name)` whether it could start that image; `remove(id)` ends and removes what an instance left;
    `modules()` are the security modules it can start a sandbox under a profile of, as the kernel calls them;
    `pid(id, process)` is PID 1 of the sandbox as the host sees it, None if it cannot be seen.
    `own_files`: the sandbox shows the host's /usr, there is no image. `proxies_signals`: its client passes signals on.
    """

    id: str
    target: str
    find: Callable[[bool], Usable | Unusable]
    rootless: Callable[[], bool]
    modules: Callable[[], frozenset[str]]
    has_image: Callable[[str], bool]
    remove: Callable[[str], None]
    pid: Callable[[str, int], int | None]
    own_files: bool
    proxies_signals: bool


@cache
def engines() -> Mapping[str, Engine]:
    """Every engine of the package by id, one per file of `engine/engines/`."""
    from catalyst.engine import engines as package

    return {engine.id: engine for engine in _discover.discover(package, "ENGINE", Engine)}


def known(name: str) -> Engine:
    """The engine a record names. Raises CatalystError when this version has no such engine."""
    if name not in engines():
        raise CatalystError(f"there is no engine {shown(name)}", "use the version of Catalyst that started the instance")
    return engines()[name]


PREFERRED = ("podman", "docker", "bwrap")


def choose(name: str, image: str, runtime: str = "") -> Engine:
    """The engine called `name`, or for "auto" the first that works: a container engine only if it has the image, and with a
    `runtime` no other.

    Raises EngineUnusable or NoEngine (exit 5), each with its reason.
    """
    known = engines()
    if name != "auto":
        match known[name].find(False):
            case Unusable(why, hint):
                raise EngineUnusable(f"{name} cannot be used: {why}", hint)
            case Usable():
                return _with_image(known[name], image)
    reasons, hint = {}, ""
    for candidate in PREFERRED:
        engine = known[candidate]
        if runtime and engine.own_files:
            reasons[candidate] = "it has no runtimes"
            continue
        found = engine.find(True)
        if isinstance(found, Usable) and (engine.own_files or engine.has_image(image)):
            return engine
        reasons[candidate] = found.why if isinstance(found, Unusable) else f"it has no image {image}"
        hint = found.hint if isinstance(found, Unusable) else hint
    raise NoEngine(reasons, hint)


def _with_image(engine: Engine, image: str) -> Engine:
    if not engine.own_files and not engine.has_image(image):
        raise EngineUnusable(
            f"{engine.id} has no image {shown(image)}; nothing is pulled by itself",
            f"see what it has: {engine.id} images, then name one: --image NAME; or use no image: --engine bwrap",
        )
    return engine


def children(pid: int) -> list[int]:
    """Pids of the direct children of `pid`, oldest first; empty when it is gone."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [int(child) for child in listed.read_text(encoding="ascii").split()]
    except FileNotFoundError:  # gone; or a kernel without that file, which is not there for us either: gVisor
        everybody = [] if Path("/proc/thread-self/children").exists() else Path("/proc").glob("[0-9]*")
        return sorted(one for one in (int(folder.name) for folder in everybody) if parent(one) == pid)
    except OSError:
        return []


def parent(pid: int) -> int:
    """The pid of who started it; 0 when it is gone."""
    return _stat(pid, 4)


class FirstProcess:
    """A hold on a sandbox's PID 1 that does not need its help: killed, the kernel ends everything in its namespace."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone; a pidfd never hits a number that was used again."""
        try:
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # gone; or a container of root's daemon, which `remove` ends
            return
        select.select([self._descriptor], [], [], 10)

    def close(self) -> None:
        """Let go."""
        os.close(self._descriptor)


def started(pid: int) -> int:
    """When `pid` started, in clock ticks since boot; 0 when it is gone."""
    return _stat(pid, 22)


def _stat(pid: int, field: int) -> int:
    """A number of proc_pid_stat(5), whose fields are counted from 1; the second, a name, may hold anything."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return int(text.rpartition(")")[2].split()[field - 3])


def hold(engine: Engine, instance: str, process: int) -> FirstProcess | None:
    """The sandbox's PID 1, None where it cannot be seen from here or is gone already."""
    pid = engine.pid(instance, process)
    try:
        return FirstProcess(pid) if pid else None
    except ProcessLookupError:
        return None


def pass_signal(engine: Engine, instance: str, process: int, number: signal.Signals) -> None:
    """Hand a signal to the sandbox's PID 1: through the engine's client where that passes signals on, else directly."""
    target = process if engine.proxies_signals else engine.pid(instance, process)
    if target:
        with suppress(ProcessLookupError):
            os.kill(target, number)
