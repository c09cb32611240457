"""In a container a downloader that is ended by force can leave something behind: its guard has so long to end what it
started, and is killed then. With a file of the staging folder open it wrote on while that was hashed, scanned and placed."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import catalyst
from attacks.test_fetch_inside import UID
from catalyst.engine.facts import _landlock
from support import open_to_all

pytestmark = pytest.mark.skipif(not _landlock(), reason="the downloader is held by Landlock here")

# In a session of its own and deaf to signals, it writes into what was promised to be whole.
ATTACK = """
import os, signal, sys, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o644)
if os.fork() == 0:
    os.setsid()
    print(os.getpid(), flush=True)
    while True:
        os.pwrite(file, os.urandom(8), 0)
        time.sleep(0.01)
os.wait()
"""
DRIVER = """
import json, os, signal, sys, time
from contextlib import nullcontext
from pathlib import Path
from unittest import mock
import catalyst
from catalyst.container import fetch as inside, prepare
from catalyst.guard.record import replace
from catalyst.errors import CatalystError
from catalyst.instance import alone, fetch, job, wanted
from catalyst.instance.store import Store
from catalyst.models.fetch.shelf import Shelf
from catalyst.render.targets import guard
from catalyst.settings import load
from catalyst.workloads import fetcher
data, script, patience, where = sys.argv[1:]
here = str(Path(catalyst.__file__).parent)
settings = load({"data": data}, environ={})
Store(data).prepare(settings.user)
staging = str(Shelf(Path(data) / "models", settings.user).path / ".fetch")
def make(_policy, python):
    words = (python.executable, "-I", "-S", "-c", script, f"{staging}/a.part")
    return replace(fetcher.workload(python, staging), argv=words)
confined = replace(fetch._confined(settings, wanted.named(["hf:o/r/x.safetensors"])), user=(os.getuid(), os.getgid()))
wake, asked = os.pipe()
seen = []
def line(data):
    seen.append(int(data))
    os.write(asked, b"x")
with mock.patch.object(prepare, "PACKAGE", here), mock.patch.object(guard, "PACKAGE", here), \\
     mock.patch.object(alone, "PATIENCE", float(patience)), nullcontext() if where == "host" else inside.nothing_left():
    if where == "host":
        try:
            with job.opened(confined, alone.ALONE, make) as one:
                stopped, refused = one.run(line, wake).stopped, ""
        except CatalystError as error:
            stopped, refused = True, str(error)
        alive = os.path.exists(f"/proc/{seen[0]}")
        if alive:
            os.kill(seen[0], signal.SIGKILL)
        print(json.dumps([stopped, alive, refused]))
        sys.exit()
    with inside.opened(confined, inside.HERE, make) as one:
        ended = one.run(line, wake)
        (left,) = seen
        alive = os.path.exists(f"/proc/{left}")
    print(json.dumps([ended.stopped, alive, os.path.exists(f"/proc/{left}")]))
"""


def ended(tmp_path: Path, patience: float, where: str = "container") -> tuple[bool, bool, bool | str]:
    """Was it stopped, did it outlive its guard, and was it there afterwards, or on a host, what was said? `patience`: s that
    its guard gets."""
    open_to_all(tmp_path)
    shutil.copytree(Path(catalyst.__file__).parent, tmp_path / "lib/catalyst", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "home").mkdir()
    os.chown(tmp_path / "home", UID, UID)
    become = ["/usr/bin/setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"] if os.geteuid() == 0 else []
    words = ["/usr/bin/python3", "-P", "-c", DRIVER, str(tmp_path / "home/data"), ATTACK, str(patience), where]
    env = {"PYTHONPATH": str(tmp_path / "lib"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home"),
           "XDG_RUNTIME_DIR": str(tmp_path / "home")}  # fmt: skip
    done = subprocess.run([*become, *words], env=env, capture_output=True, text=True, timeout=120, cwd="/")
    assert done.returncode == 0, done.stderr
    stopped, alive, after = json.loads(done.stdout)
    return stopped, alive, after


def test_a_guard_gets_the_time_to_end_what_is_deaf(tmp_path: Path) -> None:
    assert ended(tmp_path, 60.0) == (True, False, False)


def test_nothing_of_it_is_there_when_its_files_are_looked_at(tmp_path: Path) -> None:
    stopped, outlived, after = ended(tmp_path, 0.0)
    assert (stopped, outlived) == (True, True), "the control: it outlives a guard that is killed"
    assert not after


def test_on_a_host_what_it_brought_is_not_looked_at(tmp_path: Path) -> None:
    """There it is nobody's child, and could not be found."""
    stopped, outlived, said = ended(tmp_path, 0.0, "host")
    assert (stopped, outlived) == (True, True), "the control: it outlives a guard that is killed"
    assert said == "what ran under the guard could not be ended, and may still write"


def test_on_a_host_a_guard_gets_the_time_to_end_what_is_deaf(tmp_path: Path) -> None:
    assert ended(tmp_path, 60.0, "host") == (True, False, "")
