"""Which program `up` runs, and getting ComfyUI and its packages where they are missing.

Installing packages runs code of strangers (setup.py), so pip runs inside a sandbox that sees the checkout, the
new environment and the internet, and nothing else.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from catalyst.engine import process
from catalyst.engine.engine import Engine
from catalyst.errors import CatalystError, SettingsError
from catalyst.guard.record import replace
from catalyst.instance import job, prepare
from catalyst.instance.log import one_line
from catalyst.instance.prepare import MakeWorkload
from catalyst.instance.store import Store, remove_session
from catalyst.policy.model import Place, Policy
from catalyst.settings import Level, NetworkMode, Settings
from catalyst.workloads import canary, comfyui, interpreter
from catalyst.workloads.interpreter import Interpreter
from catalyst.workloads.model import BASE_ENV, SCRATCH, Mount, Workload

Tell = Callable[[str], None]
# No configuration may turn the address into a command (ext::) or another transport.
GIT = ("git", "-c", "protocol.allow=never", "-c", "protocol.ext.allow=never", "-c", "protocol.https.allow=always",
       "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")  # fmt: skip
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def workload(settings: Settings, engine: Engine, tell: Tell, wake: int) -> tuple[str, MakeWorkload]:
    """Name of the program, and how to make its Workload. Raises CatalystError when ComfyUI is demanded and not there.

    `wake` is a descriptor that becomes readable when the user asks to stop.
    """
    port = prepare.SEALED_PORT
    tree = None if settings.app == "canary" else comfyui.find(settings) or _clone(settings, tell)
    if tree is None:
        if settings.app == "comfyui":
            raise CatalystError("there is no ComfyUI here", "name its folder: catalyst up --comfyui DIR")
        return "canary", lambda _policy, python: canary.workload(settings, python, port, engine.id)
    for notice in comfyui.notices(settings, tree):
        tell(notice)
    python = comfyui.python(settings, tree)
    if python is None:
        python = install(settings, engine, tree, tell, wake) if engine.own_files else interpreter.IMAGE
    return "comfyui", lambda _policy, _guard: comfyui.workload(settings, tree, python, port)


def _clone(settings: Settings, tell: Tell) -> Path | None:
    """The pinned commit in the data directory, which git compares with what arrives; None, said plainly, where it cannot be
    fetched."""
    instead = "" if settings.app == "comfyui" else "; the canary runs in its place"
    if settings.network_mode is NetworkMode.ISOLATED or not shutil.which("git"):
        without = "isolated mode fetches none" if settings.network_mode is NetworkMode.ISOLATED else "git is not installed"
        tell(f"no ComfyUI found (--comfyui DIR names one), and {without}{instead}")
        return None
    Store(settings.data).must_be_ours()
    target, new = Path(settings.data) / "comfyui", Path(settings.data) / "comfyui.new"
    remove_session(new)
    # first whether anybody answers, so that a machine without a network waits for seconds
    steps = ((15, ("ls-remote", "--exit-code", comfyui.SOURCE, "HEAD")), (15, ("init", "--quiet", str(new))),
             (1800, ("-C", str(new), "fetch", "--quiet", "--depth", "1", comfyui.SOURCE, comfyui.COMMIT)),
             (600, ("-C", str(new), "checkout", "--quiet", "--detach", comfyui.COMMIT)))  # fmt: skip
    for number, (timeout, words) in enumerate(steps):
        if number == 1:
            tell(f"fetching ComfyUI {comfyui.RELEASE}")
        done = process.run([*GIT, *words], timeout=timeout)
        if done.code != 0:
            why = one_line((done.err.strip().splitlines() or ["it does not answer"])[-1])
            tell(f"no ComfyUI found, and {comfyui.SOURCE} cannot be fetched ({why}){instead}")
            remove_session(new)
            return None
    new.rename(target)
    return target


def install(settings: Settings, engine: Engine, tree: Path, tell: Tell, wake: int) -> Interpreter:
    """A virtual environment with ComfyUI's requirements under the data directory, made by pip inside a sandbox."""
    if settings.network_mode is not NetworkMode.PUBLIC:
        raise SettingsError(
            "ComfyUI's Python packages are not installed, and NETWORK_MODE="
            f"{settings.network_mode.name.lower()} leaves no way to fetch them",
            "name an interpreter that has them: --python VENV/bin/python, or install once: NETWORK_MODE=public catalyst up",
        )
    Store(settings.data).must_be_ours()
    final, building = comfyui.made(settings), Path(settings.data) / "venv.new"
    remove_session(building)
    _owned(building, settings)
    base = interpreter.own()
    steps = (
        (base.executable, "-m", "venv", "--clear", str(final)),
        (str(final / "bin/python"), "-m", "pip", "install", "--progress-bar", "off", "-r",
         f"{comfyui.CODE}/requirements.txt"),
    )
    for number, argv in enumerate(steps, 1):
        tell(f"installing ComfyUI's packages into {final}, step {number} of {len(steps)}")
        _in_sandbox(settings, engine, _Job(argv, tree, base, final, building), tell, wake)
    building.rename(final)
    return interpreter.installed(final)


def _owned(folder: Path, settings: Settings) -> None:
    folder.mkdir(mode=0o755)
    if os.geteuid() == 0:
        os.chown(folder, *settings.user, follow_symlinks=False)


class _Job:
    """One step of the installation as a workload: the new environment is its only writable folder on disk."""

    def __init__(self, argv: tuple[str, ...], tree: Path, base: Interpreter, final: Path, building: Path) -> None:
        self.argv, self.tree, self.base, self.final, self.building = argv, tree, base, final, building

    def workload(self, _policy: Policy, _guard: Interpreter) -> Workload:
        """See class."""
        certificates = {"PIP_CERT": str(CERTIFICATES)} if CERTIFICATES.exists() else {}
        return Workload(
            name="install",
            argv=self.argv,
            env={**BASE_ENV, "PIP_NO_CACHE_DIR": "1", "XDG_CACHE_HOME": SCRATCH, **certificates},
            cwd=SCRATCH,
            mounts=(Mount(str(self.tree), comfyui.CODE), *self.base.mounts,
                    Mount(str(self.building), str(self.final), Place.CACHE)),
            port=None,
            stop_signal="SIGTERM",
            grace=5,
            restarts=0,
        )  # fmt: skip


def _in_sandbox(settings: Settings, engine: Engine, step: _Job, tell: Tell, wake: int) -> None:
    """Run a step at `normal` with the internet; its last line is shown as progress. Raises CatalystError."""
    loose = replace(settings, security_level=Level.NORMAL, network_mode=NetworkMode.PUBLIC, paranoid_mode=False)
    last = ""

    def show(line: bytes) -> None:
        nonlocal last
        last = one_line(line.decode(errors="replace")) or last
        tell(last)

    ended = job.run(loose, engine, step.workload, show, wake)
    if ended.stopped or ended.code != 0:
        why = "stopped" if ended.stopped else last
        raise CatalystError(f"installing ComfyUI's packages failed: {why}", "catalyst up tries again")
