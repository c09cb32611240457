"""Models at the start of a container: fetched with the owner's tokens before the workload starts, in `isolated` and from
`high` on too, once; and nothing of the downloader, its way out or the tokens is there when the workload is."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalyst.container.entrypoint import NOT_FETCHED
from fetching import models
from live import internet
from live.model_sites import CHECKPOINT, CLOSED, EARLY, VERSIONS
from live.test_fetch_tokens import said_nowhere
from live.test_inside import ENGINES
from live.test_tokens import credentials

HERE = Path(__file__).parent
SECRET = "hf_canary_start_0123456789abcdef"
THERE = {"vae/closed.safetensors": CLOSED, "loras/early.safetensors": EARLY, "checkpoints/point.safetensors": CHECKPOINT,
         "loras/x.safetensors": VERSIONS["13"][2]}  # its site calls it /etc/cron.d/x.safetensors  # fmt: skip
ONLY = ["GET civitai.com /api/v1/model-versions/99"]


@pytest.fixture(params=ENGINES)
def came(request: pytest.FixtureRequest, net: Path) -> dict[str, Any]:
    """What inside_fetch.py said, by where it is from."""
    (net / "token").write_text(SECRET)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])}
    words = [sys.executable, str(HERE / "inside_fetch.py"), request.param, str(net)]
    done = subprocess.run(internet.argv(net, words), env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
    return {"net": net, **{one["from"]: one for one in map(json.loads, done.stdout.splitlines())}}


def test_they_are_there_before_the_workload_is(came: dict[str, Any]) -> None:
    one, net = came["one"], came["net"]
    assert models(net / "one") == THERE, one["log"]
    (line,) = (line for line in one["log"].splitlines() if line.startswith("WORKLOAD "))
    saw = json.loads(line.removeprefix("WORKLOAD "))
    assert (saw["processes"], saw["sockets"], saw["reached"]) == ([], [], False)
    assert set(saw["models"]) == {f"/data/models/{name}" for name in THERE}
    assert [name for name in one["left"] if name.startswith("fetch-")] == []
    _reported(one["log"])
    assert came["one again"]["seen"] == ONLY, "only what is not there is asked for"
    _of_two(came)
    if "pod" in came:
        _of_a_pod(came["pod"])
    assert {host for host, said in credentials(net) if SECRET in said} == {"huggingface.co", "civitai.com"}
    said_nowhere(*(came[name]["log"] for name in ("one", "one again", "two", "two again")), below=net / "one")


def _of_two(came: dict[str, Any]) -> None:
    two = came["two"]
    assert (two["code"], models(Path(two["data"]))) == (0, THERE), two["log"]
    assert set(two["models"].split()) == {f"/data/models/{name}" for name in THERE}
    _reported(two["log"])
    assert NOT_FETCHED not in two["others"]
    assert (came["two again"]["code"], came["two again"]["seen"]) == (0, ONLY), came["two again"]["log"]
    said_nowhere(two["others"], below=Path(two["data"]))


def _of_a_pod(pod: dict[str, Any]) -> None:
    assert set(pod["models"].split()) == {f"/data/models/{name}" for name in THERE}, pod["log"]
    _reported(pod["log"])
    assert pod["healthy"] == "ok\n", pod["workload"]
    assert (".catalyst" in pod["data"], pod["kept"]) == (False, [".catalyst"])
    assert f"kubectl -n catalyst exec {pod['name']} -c front -- catalyst token link" in pod["front"]
    assert NOT_FETCHED not in pod["workload"]
    assert SECRET not in pod["log"] + pod["front"] + pod["workload"]


def _reported(log: str) -> None:
    assert "loras/early.safetensors: 100 % of" in log
    assert "civitai:99 failed: " in log
    assert "models: 4 fetched, 1 failed" in log
