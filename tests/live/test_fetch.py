"""`catalyst fetch` in its sandbox, and the models of a start, against the tests' own internet (model_sites.py)."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalyst.engine.engine import engines
from catalyst.guard.record import replace
from catalyst.instance import fetch, job, wanted
from catalyst.instance.store import Store
from catalyst.models.fetch.shelf import Shelf
from catalyst.settings import load
from catalyst.workloads import fetcher
from fetching import models, sha256
from live import internet
from live.model_sites import CHECKPOINT, LORA, PICKLE, VAE, VERSIONS
from live.test_egress import requests_for
from support import Catalyst, install, open_to_all

UID = 4343
MANIFEST = """
[[model]]
source = "hf:owner/models/sub/ae.safetensors"
[[model]]
source = "civitai:11"
[[model]]
source = "civitai:12"
name = "mine.safetensors"
[[model]]
source = "hf:owner/models/missing.gguf"
"""
THERE = {"vae/ae.safetensors": VAE, "checkpoints/point.safetensors": CHECKPOINT, "loras/mine.safetensors": LORA}


@pytest.fixture
def net() -> Iterator[Path]:
    """A folder for an internet, whose path is short: it holds sockets."""
    with tempfile.TemporaryDirectory(prefix="net-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    file = tmp_path / "models.toml"
    file.write_text(MANIFEST)
    return file


def run(catalyst: Catalyst, net: Path, *words: str, **env: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the report by file or source, and what was said beside it."""
    engine = [f"--engine={catalyst.engine}"] if catalyst.engine else []
    argv = [*catalyst.command, "fetch", *engine, f"--data={catalyst.data}", "--json", *words]
    done = subprocess.run(internet.argv(net, argv), env=catalyst.env(**env), capture_output=True, text=True, timeout=300,
                          cwd="/")  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, {one["path"] or one["source"]: one for one in json.loads(done.stdout)["models"]}, done.stderr


@pytest.mark.parametrize("level", ["normal", "maximum"])
@pytest.mark.parametrize("mode", ["public", "isolated"])
def test_a_manifest(catalyst: Catalyst, net: Path, manifest: Path, level: str, mode: str) -> None:
    """NETWORK_MODE is the workload's: the downloader has a way to its two sites whatever it says."""
    env = {"SECURITY_LEVEL": level, "NETWORK_MODE": mode, "CATALYST_MODELS": str(manifest)}
    code, said, err = run(catalyst, net, **env)
    assert models(catalyst.data) == THERE, (said, err)
    assert said.pop("hf:owner/models/missing.gguf")["state"] == "failed"
    assert ({one["state"] for one in said.values()}, code) == ({"fetched"}, 1)
    assert {(catalyst.data / "models" / name).stat().st_uid for name in THERE} <= {1000, os.geteuid()}
    assert 'source = "civitai:11"' in manifest.with_suffix(".lock").read_text()
    before = len((net / "seen").read_text().splitlines())
    _, said, _ = run(catalyst, net, **env)
    assert {said[name]["state"] for name in THERE} == {"there already"}
    after = (net / "seen").read_text().splitlines()[before:]
    assert after == ["GET huggingface.co /api/models/owner/models/revision/main"], "only what is not there is asked for"


def test_the_upstream_images_variables(catalyst: Catalyst, net: Path) -> None:
    code, said, err = run(catalyst, net, HF_REPOS_TO_DOWNLOAD="owner/models", CIVITAI_CHECKPOINTS_TO_DOWNLOAD="11",
                          CIVITAI_LORAS_TO_DOWNLOAD="13, 99", CIVITAI_VAES_TO_DOWNLOAD="14")  # fmt: skip
    assert set(models(catalyst.data)) == {"checkpoints/whole.safetensors", "vae/other.safetensors",
                                          "checkpoints/point.safetensors", "loras/x.safetensors"}, err  # fmt: skip
    assert said["vae/v.pt"]["state"] == "refused"
    assert said["civitai:99"]["state"] == "failed"
    assert code == 14
    assert models(catalyst.data)["loras/x.safetensors"] == VERSIONS["13"][2], "its site calls it /etc/cron.d/x.safetensors"


def test_from_high_on_no_pickle_but_by_its_hash(catalyst: Catalyst, net: Path) -> None:
    source = "hf:owner/models/evil.ckpt"
    code, said, _ = run(catalyst, net, source, SECURITY_LEVEL="high")
    assert (code, said["checkpoints/evil.ckpt"]["state"], models(catalyst.data)) == (1, "refused", {})
    assert requests_for(net, "us.aws.cdn.hf.co") == [], "not even fetched"
    code, _, err = run(catalyst, net, source, "--models-allow", sha256(PICKLE), SECURITY_LEVEL="high")
    assert (code, models(catalyst.data)) == (0, {"checkpoints/evil.ckpt": PICKLE}), err


def test_a_site_that_leads_elsewhere(catalyst: Catalyst, net: Path) -> None:
    """A redirect to a host that is not on the list reaches nobody; the owner can add it."""
    code, said, _ = run(catalyst, net, "civitai:15")
    assert (code, said["loras/elsewhere.safetensors"]["state"]) == (1, "failed")
    assert "evil.example.net may not be reached: not on the list" in said["loras/elsewhere.safetensors"]["why"]
    assert requests_for(net, "evil.example.net") == []
    code, said, _ = run(catalyst, net, "civitai:15", "--egress-allow", "evil.example.net")
    assert code == 0, said
    assert requests_for(net, "evil.example.net") != [], "the positive control"


ATTACK = """
import json, os, socket
found = {}
for folder in ("/", "/data", "/data/cache", "/data/models", "/data/custom_nodes", "/data/output", "/etc", "/usr/bin",
               "/opt/catalyst/catalyst/fetcher", "/run/catalyst/out", "/var/tmp", "/home"):
    try:
        with open(f"{folder}/planted", "w") as file: file.write("x")
        found[folder] = True
    except OSError: found[folder] = False
for host in ("huggingface.co", "civitai.com", "github.com", "pypi.org", "evil.example.net", "93.184.216.66",
             "169.254.169.254"):
    try:
        socket.create_connection((host, 443), timeout=10).close()
        found[host] = True
    except OSError: found[host] = False
found["seen"] = sorted(os.listdir("/data"))
found["environment"] = [name for name in os.environ if "TOKEN" in name]
print(json.dumps({"key": "x", "found": found}))
"""


def attack(data: str, engine: str) -> None:
    """In that internet: what a downloader that was taken over gets to, printed. Run by the test below as a program."""
    settings = load({"data": data, "engine": engine}, environ={})
    orders = wanted.named(["hf:o/r/x.safetensors"])
    Store(settings.data).prepare(settings.user)
    shelf = Shelf(Path(data) / "models", settings.user)

    def make(_policy: Any, python: Any) -> Any:
        return replace(fetcher.workload(python, str(shelf.path / ".fetch")), argv=(python.executable, "-c", ATTACK))

    reading, _writing = os.pipe()
    confined = fetch._confined(settings, orders)
    assert job.run(confined, engines()[engine], make, lambda line: print(line.decode(), flush=True), reading).code == 0


@pytest.mark.parametrize("engine", ["bwrap"], indirect=True)
def test_a_downloader_that_was_taken_over(engine: str, tmp_path: Path, net: Path) -> None:
    open_to_all(tmp_path)
    path = f"{Path(fetch.__file__).parents[2]}:{Path(__file__).parents[1]}"
    code = f"from live.test_fetch import attack; attack({str(tmp_path / 'data')!r}, {engine!r})"
    argv = internet.argv(net, [sys.executable, "-P", "-c", code])
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PYTHONPATH": path, "HF_TOKEN": "canary"})  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[0])["found"]
    assert {name for name, got in found.items() if got is True} == {"/data/cache", "huggingface.co"}
    assert found["seen"] == ["cache"], "models, nodes and pictures are not even shown"
    assert found["environment"] == []
    assert (tmp_path / "data/models/.fetch/planted").read_text() == "x"
    assert [one.name for one in (tmp_path / "data/models").iterdir()] == [".fetch"]


@pytest.mark.parametrize("engine", ["bwrap"], indirect=True)
def test_up_gets_them_before_the_start_in_isolated(catalyst: Catalyst, net: Path, manifest: Path) -> None:
    """And a model that cannot be had does not stop it. It is ended as soon as it answers."""
    script = f"""
        "$@" >{net}/url 2>{net}/err & pid=$!
        for _ in $(seq 1200); do grep -q http {net}/url && break; kill -0 $pid || break; sleep 0.1; done
        kill -TERM $pid; wait $pid"""
    argv = [*catalyst.command, "up", "--engine=bwrap", f"--data={catalyst.data}", "--app=canary", "--port=0"]
    env = catalyst.env(SECURITY_LEVEL="high", NETWORK_MODE="isolated", CATALYST_MODELS=str(manifest))
    done = subprocess.run(internet.argv(net, ["sh", "-c", script, "sh", *argv]), env=env, capture_output=True, text=True,
                          timeout=300, cwd="/")  # fmt: skip
    err = (net / "err").read_text()
    assert done.returncode == 0, err
    assert (net / "url").read_text().startswith("http"), err
    assert models(catalyst.data) == THERE, err
    assert "hf:owner/models/missing.gguf failed: owner/models has no file missing.gguf" in err
    assert "models: 3 fetched, 1 failed" in err


def test_a_bad_manifest_stops_up_before_anything(catalyst: Catalyst, tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text('[[model]]\nsource = "hf:owner"\n')
    done = catalyst("up", "--app=canary", "--port=0", CATALYST_MODELS=str(file))
    assert done.returncode == 4
    assert f"{file}:2: " in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is made by root")
@pytest.mark.parametrize("engine", ["bwrap"], indirect=True)
def test_the_guard_alone_where_no_engine_is(engine: str, tmp_path: Path, net: Path) -> None:
    """As an ordinary user, with nothing on PATH: in a rented pod it is like that."""
    open_to_all(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    install(tmp_path / "lib")
    os.chown(home, UID, UID)
    (tmp_path / "bin").mkdir()
    env = {"HOME": str(home), "PYTHONPATH": str(tmp_path / "lib"), "XDG_RUNTIME_DIR": str(home)}
    user = Catalyst("", home / "data", env,
                    ["/usr/bin/setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "/usr/bin/python3", "-m",
                     "catalyst"])  # fmt: skip
    inner = [*user.command, "fetch", f"--data={user.data}", "--json", "hf:owner/models/sub/ae.safetensors", "civitai:15"]
    # The internet itself needs programs, so PATH is emptied behind it.
    argv = internet.argv(net, ["/usr/bin/env", f"PATH={tmp_path}/bin", *inner])
    done = subprocess.run(argv, env={**user.env(SECURITY_LEVEL="high"), "PATH": os.environ["PATH"]}, capture_output=True,
                          text=True, timeout=120, cwd="/")  # fmt: skip
    assert "held by the guard alone" in done.stderr
    assert models(user.data) == {"vae/ae.safetensors": VAE}, done.stdout + done.stderr
    said = {one["path"]: one for one in json.loads(done.stdout)["models"]}
    assert "not on the list" in said["loras/elsewhere.safetensors"]["why"]
    assert requests_for(net, "evil.example.net") == []
