"""The kernel that a runtime (--runtime) gives a container. What this host's kernel can do says nothing of it."""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from catalyst.engine import process
from catalyst.engine.engine import Engine
from catalyst.errors import EngineUnusable, pasted, plain, shown
from catalyst.guard import kernel
from catalyst.guard.record import Record, replace
from catalyst.policy.syscalls.numbers import NUMBERS
from catalyst.render import dialects
from catalyst.render.seccomp import notify
from catalyst.render.target import Facts
from catalyst.workloads.interpreter import IMAGE
from catalyst.workloads.model import PACKAGE

WITHIN = 120.0  # s; gVisor starts in one, a virtual machine in some
ASKED = ("__init__.py", "guard")  # of our package
FOLDER = "/run/catalyst"  # where it is to bind a socket
FLAGS = {"docker": 'give it in /etc/docker/daemon.json: "runtimeArgs": ["--host-uds=all", "--network=none"], and then: '
                   "sudo systemctl reload docker"}  # fmt: skip


class Kernel(Record):
    """guard/kernel.py says what each is."""

    name: str
    boot: str
    machine: str
    landlock: int
    notify: bool
    filtered: bool
    sockets: bool


def facts(engine: Engine, runtime: str, image: str, package: str, here: Facts) -> Facts:
    """`here` as it is under the runtime: of a kernel of its own, what that has. Raises EngineUnusable."""
    with tempfile.TemporaryDirectory(prefix="catalyst-") as folder:
        Path(folder).chmod(0o777)  # whoever the engine makes of its user; it holds one socket, for a second
        found = _ask(engine, runtime, image, package, folder)
        if not (found.sockets and (Path(folder) / kernel.SOCKET).is_socket()):
            raise EngineUnusable(
                f"the runtime {shown(runtime)} keeps the sandbox's sockets from this host, and the way in is one",
                FLAGS.get(engine.id, f"runsc has a flag for it, host-uds: {engine.id} info"),
            )
    if found.boot and found.boot == kernel.boot():
        return here
    return replace(here, kernel=found.name, machine=found.machine, landlock=found.landlock, notify=found.notify,
                   outer_filter=found.filtered, modules=frozenset(), profiles=frozenset())  # fmt: skip


def _ask(engine: Engine, runtime: str, image: str, package: str, folder: str) -> Kernel:
    """Start a container with as little as can be, and let it tell."""
    machine = os.uname().machine
    mounts = [word for part in ASKED
              for word in ("--mount", f"type=bind,source={package}/{part},target={PACKAGE}/{part},readonly")]  # fmt: skip
    mounts += ["--mount", f"type=bind,source={folder},target={FOLDER}"]
    done = process.run([
        engine.id, "run", "--rm", *dialects.of(engine.id).runtime(runtime), "--pull=never", "--log-driver=none",
        "--network=none", "--read-only", "--user=1000:1000", "--cap-drop=ALL", "--security-opt=no-new-privileges", *mounts,
        "--workdir=/", f"--entrypoint={IMAGE.executable}", image, "-I", "-S", f"{PACKAGE}/guard/kernel.py",
        notify.encoded(machine) if machine in NUMBERS else "", FOLDER,
    ], timeout=WITHIN)  # fmt: skip
    with suppress(ValueError, TypeError):
        said = json.loads(done.out)
        if done.code == 0 and isinstance(said, dict) and said.keys() == {*Kernel.__match_args__}:
            return Kernel(**said)
    lines = done.err.strip().splitlines() or [f"exit code {done.code}"]
    why = plain(next((line for line in lines if "rror" in line), lines[-1]))
    raise EngineUnusable(
        f"{engine.id} cannot start a container of {image} with the runtime {shown(runtime)}: {why}",
        f"see what it says: {engine.id} run --rm {pasted(f'--runtime={runtime}')} --network=none {image} true",
    )
