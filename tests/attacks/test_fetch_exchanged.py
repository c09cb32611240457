"""At `normal` the workload may write the models folder, also while `catalyst fetch` runs beside it or a third container
starts anew. With a request of its own it had a way out by the downloader, in `isolated` too, and the use of its tokens; with
a link in the place of the staging folder it chose which folder of its user a downloader that was taken over may write."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import catalyst
from catalyst.fetcher import main
from support import open_to_all

UID = 65534 if os.geteuid() == 0 else os.geteuid()
FETCHER = Path(catalyst.__file__).parent / "fetcher/__main__.py"
REQUEST = {"act": "resolve", "sites": {}, "seconds": 60, "items": [{"key": "a", "site": "none"}]}


def answered(folder: Path, text: bytes, seal: bytes, key: str) -> tuple[int, str]:
    (folder / "request.json").write_bytes(text + b"\n" + seal)
    words = [sys.executable, "-I", "-S", str(FETCHER), str(folder / "request.json")]
    done = subprocess.run(words, env={main.KEY: key}, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def test_a_request_of_somebody_else(tmp_path: Path) -> None:
    text = json.dumps(REQUEST).encode()
    code, said = answered(tmp_path, text, main.seal("key", text), "key")
    assert (code, json.loads(said)["key"]) == (0, "a"), "the control: it is done"
    other = json.dumps({**REQUEST, "sites": {"none": "https://evil.example.net"}}).encode()
    for seal in (main.seal("key", text), main.seal("guessed", other), b"", b"0" * 64):
        assert answered(tmp_path, other, seal, "key") == (1, "the request was exchanged for another one\n")
    assert answered(tmp_path, b"", b"", "key")[0] == 1


PLANT = "import sys; open(sys.argv[1] + '/planted', 'x').close(); print('PLANTED', flush=True)"
DRIVER = """
import os, sys
from pathlib import Path
from unittest import mock
from catalyst.guard.record import replace
from catalyst.instance import alone, downloads, fetch, wanted
from catalyst.instance.store import Store
from catalyst.models.fetch.shelf import Shelf
from catalyst.settings import load
from catalyst.workloads import fetcher
data, script, exchanged = sys.argv[1:]
settings = load({"data": data}, environ={})
Store(data).prepare(settings.user)
shelf = Shelf(Path(data) / "models", settings.user)
real = fetcher.workload
def make(python, staging, *more, **env):
    return replace(real(python, staging, *more, **env), argv=(python.executable, "-I", "-S", "-c", script, staging))
confined = fetch._confined(settings, wanted.named(["hf:o/r/x.safetensors"]))
wake, _ = os.pipe()
with mock.patch.object(fetcher, "workload", make), downloads.Downloads(confined, settings, alone.ALONE, shelf, wake) as all:
    job = all._opened()
    if exchanged:
        staging = Path(data) / "models/.fetch"
        staging.rename(staging.with_name("was"))
        staging.symlink_to(Path(data).parent / "private")
    print("CODE", job.run(lambda line: print(line.decode(), flush=True), wake).code)
"""


@pytest.mark.parametrize("exchanged", ["", "yes"])
def test_a_link_for_the_staging_folder(tmp_path: Path, exchanged: str) -> None:
    open_to_all(tmp_path)
    shutil.copytree(Path(catalyst.__file__).parent, tmp_path / "lib/catalyst", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "home/private").mkdir(parents=True)
    for folder in (tmp_path / "home", tmp_path / "home/private"):
        os.chown(folder, UID, UID)
    become = ["/usr/bin/setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"] if os.geteuid() == 0 else []
    words = ["/usr/bin/python3", "-P", "-c", DRIVER, str(tmp_path / "home/data"), PLANT, exchanged]
    env = {"PYTHONPATH": str(tmp_path / "lib"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home"),
           "XDG_RUNTIME_DIR": str(tmp_path / "home")}  # fmt: skip
    done = subprocess.run([*become, *words], env=env, capture_output=True, text=True, timeout=120, cwd="/")
    assert done.returncode == 0, done.stderr
    planted = tmp_path / "home" / ("private" if exchanged else "data/models/.fetch") / "planted"
    if exchanged:
        assert "was exchanged for another folder" in done.stdout
        assert "CODE 8" in done.stdout
        assert not planted.exists()
    else:
        assert done.stdout.split() == ["PLANTED", "CODE", "0"], done.stderr
        assert planted.exists(), "the control"
