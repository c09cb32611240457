"""Where no engine can make a sandbox: the guard alone, on the host's own files.

It holds what it holds with a bare `docker run`: user, capabilities, system calls, writes (Landlock), sockets (supervision).
It cannot hide anything: the program can read what its user can read. Only a job of our own code is run so, never a workload.
Landlock has no rule for a file's mode, owner and times, and the user's files are in sight: calls for these are not answered.
"""

import binascii
import os
import stat
from collections.abc import Iterable
from pathlib import Path

import catalyst
from catalyst.engine.engine import Engine, Usable
from catalyst.errors import EngineUnusable
from catalyst.guard import plan
from catalyst.guard.record import replace
from catalyst.instance.prepare import Prepared
from catalyst.policy.model import SystemCalls
from catalyst.render.seccomp import program
from catalyst.render.session import PLAN_FILE, TRUST_FILE
from catalyst.render.target import Rendered
from catalyst.workloads.interpreter import own
from catalyst.workloads.model import WAY_OUT
from catalyst.workloads.tokens import TRUST

PATIENCE = 15.0  # s the guard gets to end what it started: killed, it could not
MODES = frozenset({"chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchown", "fchownat", "utime", "utimes",
                   "futimesat", "utimensat"})  # fmt: skip

ALONE = Engine(
    id="guard", target="guard", find=lambda _: Usable("the guard alone"), rootless=lambda: os.geteuid() != 0,
    modules=frozenset, has_image=lambda _: True, remove=lambda _: None, pid=lambda _, process: process, own_files=True,
    proxies_signals=False,
)  # fmt: skip


def adjusted(ready: Prepared, folder: Path) -> Prepared:
    """`ready` with every path as it is on the host, and the argv that starts the guard.

    Raises EngineUnusable where the user that root gives itself up for may not read our code.
    """
    workload = ready.sandbox.workload
    way_out = f"{folder}/out/out.sock"
    found = {mount.target: mount.source for mount in sorted(workload.mounts, key=lambda one: one.target)}
    package = str(Path(catalyst.__file__).parent)

    def outside(path: str) -> str:
        for target, source in found.items():
            if path == target or path.startswith(f"{target}/"):
                return f"{source}{path[len(target):]}"
        return path

    todo = plan.decode(ready.inner.text)
    places = tuple(replace(place, inside=outside(place.inside)) for place in todo.places)
    write = tuple(place.inside for place in places if place.writable)
    files = todo.file_rules and plan.FileRules(execute=tuple(dict.fromkeys(found.values())), write=write)
    egress = todo.egress and replace(todo.egress, door=todo.egress.door and way_out)
    named = {WAY_OUT: way_out, TRUST: f"{folder}/{TRUST_FILE}"}
    env = {name: named.get(value, value) for name, value in todo.env.items()}
    todo = replace(todo, argv=tuple(outside(word) for word in todo.argv), env=env, cwd="/", folders=(),
                   places=places, file_rules=files, egress=egress, filter=modeless(ready, todo.filter))  # fmt: skip
    _passable((package, *(str(Path(one.source)) for one in own().mounts)))
    argv = (own().executable, "-I", "-S", f"{package}/guard/__main__.py", f"{folder}/{PLAN_FILE}")
    return replace(ready, outer=Rendered(argv=argv), files={**ready.files, PLAN_FILE: plan.encode(todo).encode()})


def modeless(ready: Prepared, before: str | None) -> str | None:
    """The filter of a plan that has one, without the calls of MODES."""
    calls = [one.rule for one in ready.policy if isinstance(one.rule, SystemCalls)]
    if before is None or not calls:
        return before
    narrow = program.compile(calls[0], ready.facts.machine, without=MODES)
    return binascii.b2a_base64(narrow, newline=False).decode("ascii")


def _passable(paths: Iterable[str]) -> None:
    closed = [str(step) for path in paths for step in (Path(path), *Path(path).parents)
              if not step.stat().st_mode & stat.S_IXOTH]  # fmt: skip
    if os.geteuid() == 0 and closed:
        raise EngineUnusable(f"the guard alone cannot be used: as an ordinary user it may not read what lies in {closed[0]}",
                             "sudo apt-get install bubblewrap, or run catalyst as an ordinary user")  # fmt: skip


def opened(ready: Prepared, folder: Path) -> None:
    """Root's session folder, which the guard has to pass after it gave up root: passable, and its socket the guard's own."""
    if ready.engine is not ALONE or os.geteuid() != 0:
        return
    out = folder / "out"
    os.chown(out, *ready.settings.user)
    out.chmod(0o700)
    folder.chmod(0o711)
