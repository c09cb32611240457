"""In one container the downloader has the workload's uid, and its files and Catalyst's lie in its sight. A site that takes
it over gets to the staging folder and to the hosts of its own site, and to nothing by which it would outlive itself."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import catalyst
from catalyst.engine.facts import _landlock
from support import open_to_all

UID = 65534 if os.geteuid() == 0 else os.geteuid()
pytestmark = pytest.mark.skipif(_landlock() < 6, reason="what is held here is Landlock's with scopes, Linux 6.12")

# Runs as the downloader, and under "free" as a program of the same user that nothing holds: the control.
ATTACK = """
import glob, json, os, signal, socket, sys
data, session, door, guarded = sys.argv[1:]
found = {}
def attempt(name, act):
    try: found[name] = "through" if act() is not False else "refused"
    except OSError: found[name] = "refused"
def planted(folder):
    path = f"{folder}/planted-{os.getpid()}"
    open(path, "x").close(); os.unlink(path)
def control():
    names = [line.split()[-1] for line in open("/proc/net/unix")]
    names = [f"\\0{name[1:]}" for name in names if name.startswith("@catalyst/fetch-")]
    for name in [*names, *glob.glob(f"{session}/*/egress.sock")]:
        with socket.socket(socket.AF_UNIX) as one:
            one.settimeout(10)
            one.connect(name)
            one.sendall(b'{"do": "allow", "rule": "evil.example.net"}\\n')
            if b'"ok": true' in one.recv(65536): return True
    return False
def reaches(host):
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(20)
        one.connect(door)
        one.sendall(f"CONNECT {host}:443 HTTP/1.1\\r\\nHost: {host}:443\\r\\n\\r\\n".encode())
        try: return b" 403 " not in one.recv(4096).split(b"\\r\\n")[0]
        except TimeoutError: return True  # it is dialled; a refusal comes at once
folders = (data, *(f"{data}/{name}" for name in ("models", "models/.fetch", "models/loras", "custom_nodes")))
for folder in (*folders, "/tmp", "/dev/shm", "/var/tmp"):
    attempt(f"write {folder.removeprefix(data)}", lambda: planted(folder))
for file in ("output/picture", "user/workflow", "models/loras/mine", ".catalyst/secret"):
    attempt(f"read {file}", lambda: open(f"{data}/{file}").close())
for file in ("", "/.catalyst", "/.catalyst/secret", "/models", "/models/loras/mine", "/custom_nodes"):
    attempt(f"open {file or 'data'} to others", lambda: os.chmod(data + file, os.stat(data + file).st_mode & 0o7777))
    attempt(f"make {file or 'data'} older", lambda: os.utime(data + file))
attempt("give away a file of its own", lambda: os.chown(f"{data}/models/.fetch", -1, os.getgid()))
attempt("read its plan", lambda: [open(one).close() for one in glob.glob(f"{session}/*/plan.json") or [session + "/x"]])
attempt("signal the one who started its guard", lambda: os.kill(int(guarded), 0))
attempt("its environment", lambda: open(f"/proc/{guarded}/environ").close())
attempt("its memory", lambda: open(f"/proc/{guarded}/mem").close())
attempt("allow itself a host", control)
for host in ("huggingface.co", "civitai.com", "github.com", "169.254.169.254"):
    attempt(f"reach {host}", lambda: reaches(host))
print("FOUND " + json.dumps(found), flush=True)
"""

# Stands for the services of a container, whose code does not lie where an image has it.
DRIVER = """
import json, os, subprocess, sys
from pathlib import Path
from unittest import mock
import catalyst
from catalyst.container import fetch as inside, prepare
from catalyst.guard.record import replace
from catalyst.instance import fetch, wanted
from catalyst.instance.store import Store
from catalyst.models.fetch.shelf import Shelf
from catalyst.render.targets import guard
from catalyst.settings import load
from catalyst.workloads import fetcher
data, script, mode = sys.argv[1:]
here = str(Path(catalyst.__file__).parent)
settings = load({"data": data, "network_mode": mode}, environ={})
store = Store(data)
store.prepare(settings.user)
kept = store.make_kept()
for name in ("output/picture", "user/workflow", "models/loras/mine", ".catalyst/secret"):
    (Path(data) / name).parent.mkdir(exist_ok=True)
    (Path(data) / name).write_text("bait")
shelf = Shelf(Path(data) / "models", settings.user)
staging = str(shelf.path / ".fetch")
def make(_policy, python):
    made = fetcher.workload(python, staging)
    words = (script, data, str(kept), made.env["CATALYST_BROKER"], str(os.getpid()))
    return replace(made, argv=(python.executable, "-I", "-S", "-c", *words))
def door(workload, where):
    moved = in_place(workload, where)
    return replace(moved, argv=tuple(where if word == "/run/catalyst/out/out.sock" else word for word in moved.argv))
in_place = inside._in_place
confined = replace(fetch._confined(settings, wanted.named(["hf:o/r/x.safetensors"])), user=(os.getuid(), os.getgid()))
reading, _writing = os.pipe()
with mock.patch.object(prepare, "PACKAGE", here), mock.patch.object(guard, "PACKAGE", here), \\
     mock.patch.object(inside, "_in_place", door), inside.nothing_left(), inside.opened(confined, inside.HERE, make) as one:
    ended = one.run(lambda line: print(line.decode(), flush=True), reading)
    assert ended.code == 0, ended
    (folder,) = kept.glob("fetch-*")
    words = [script, data, str(kept), f"{folder}/out/out.sock", str(os.getpid())]
    free = subprocess.run([sys.executable, "-I", "-S", "-c", *words], capture_output=True, text=True)
    print("FREE " + free.stdout.strip() + free.stderr, flush=True)
print("LEFT " + json.dumps([str(one) for one in kept.glob("fetch-*")]))
"""


@pytest.fixture(scope="module", params=["public", "isolated"])
def came(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the downloader came to, and the same program beside it."""
    folder = tmp_path_factory.mktemp("inside")
    open_to_all(folder)
    shutil.copytree(Path(catalyst.__file__).parent, folder / "lib/catalyst", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "home").mkdir()
    os.chown(folder / "home", UID, UID)
    become = ["/usr/bin/setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"] if os.geteuid() == 0 else []
    words = ["/usr/bin/python3", "-P", "-c", DRIVER, str(folder / "home/data"), ATTACK, request.param]
    env = {"PYTHONPATH": str(folder / "lib"), "PATH": "/usr/bin:/bin", "HOME": str(folder / "home"), "HF_TOKEN": "canary"}
    done = subprocess.run([*become, *words], env=env, capture_output=True, text=True, timeout=120, cwd="/")
    assert done.returncode == 0, done.stderr
    said = {line.split()[0]: line for line in done.stdout.splitlines()}
    return {"held": json.loads(said["FOUND"].removeprefix("FOUND ")),
            "free": json.loads(said["FREE"].removeprefix("FREE FOUND ")),
            "left": json.loads(said["LEFT"].removeprefix("LEFT "))}  # fmt: skip


def test_it_gets_to_its_staging_folder_and_its_site_and_no_further(came: dict[str, Any]) -> None:
    """A file in a scratch folder would be the workload's to run: HOME is there."""
    through = {name for name, how in came["held"].items() if how == "through"}
    assert through == {"write /models/.fetch", "reach huggingface.co"}


def test_the_control_the_same_user_gets_to_all_of_it(came: dict[str, Any]) -> None:
    refused = {name for name, how in came["free"].items() if how != "through"}
    hosts = {"reach civitai.com", "reach github.com", "reach 169.254.169.254"}
    assert refused - {"its memory"} == hosts  # that one may be Yama's to refuse


def test_nothing_of_its_session_is_left(came: dict[str, Any]) -> None:
    assert came["left"] == []
