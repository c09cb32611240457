"""The models of a container's start: what holds the downloader there, and that nothing of it is left beside the workload."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from catalyst.container import fetch
from catalyst.engine.engine import children
from catalyst.errors import CatalystError
from catalyst.guard import plan
from catalyst.guard.record import replace
from catalyst.instance.prepare import Prepared
from catalyst.render.session import PLAN_FILE
from catalyst.render.target import targets
from catalyst.workloads import fetcher
from catalyst.workloads.interpreter import Interpreter
from catalyst.workloads.model import PACKAGE, WAY_OUT, Mount
from unit.container.test_tokens import KERNEL, ready

PYTHON = Interpreter("/usr/bin/python3", ())
DOOR = "/data/.catalyst/fetch-1/out/out.sock"


def started(tmp_path: Path, landlock: int = 7) -> Prepared:
    """A downloader's start on a data directory with folders in it."""
    data = tmp_path / "data"
    for name in ("models/.fetch", "models/loras", "output", "custom_nodes", ".catalyst", "venv/bin"):
        (data / name).mkdir(parents=True)
    (data / "elsewhere").symlink_to("/usr")
    (data / "up").symlink_to("/")
    facts = replace(KERNEL, landlock=landlock)
    found = ready(facts, data=str(data), security_level="maximum", network_mode="restricted")
    workload = fetch._in_place(fetcher.workload(PYTHON, str(data / "models/.fetch")), DOOR)
    workload = replace(workload, mounts=(*workload.mounts, Mount(str(data / "venv"), str(data / "venv"))))
    box = replace(found.sandbox, workload=workload, private=(str(data / ".catalyst"),), way_out=DOOR)
    return replace(found, sandbox=box, inner=targets()["guard"].render(found.policy, box, facts))


def test_it_writes_its_staging_folder_and_opens_no_other_of_the_data_directory(tmp_path: Path) -> None:
    before = started(tmp_path)
    was = plan.decode(before.inner.text).file_rules
    assert was is not None
    assert set(was.write) > {f"{tmp_path}/data/models/.fetch"}, "the control: scratch folders, too"
    after = fetch.tightened(before)
    rules = plan.decode(after.inner.text).file_rules
    assert rules is not None
    assert rules.write == (f"{tmp_path}/data/models/.fetch",)
    data = f"{tmp_path}/data"
    assert set(rules.hidden) == {*was.hidden, *(f"{data}/{name}" for name in (
        ".catalyst", "custom_nodes", "output", "models/loras"))}  # fmt: skip
    assert rules.execute == was.execute
    assert after.files[PLAN_FILE].decode() == after.inner.text


def test_without_landlock_there_is_no_rule_to_make_stricter(tmp_path: Path) -> None:
    before = started(tmp_path, landlock=0)
    assert fetch.tightened(before) == before


def test_everything_is_called_as_it_is_here() -> None:
    there = fetch._in_place(fetcher.workload(PYTHON, "/data/models/.fetch"), DOOR)
    assert there.argv[-1] == f"/data/models/.fetch/{fetcher.REQUEST}"
    assert there.argv[-2].endswith("/fetcher/__main__.py")
    assert not there.argv[-2].startswith(f"{PACKAGE}/")
    assert Path(there.argv[-2]).is_file()
    assert WAY_OUT not in there.env.values()
    assert DOOR in there.env.values()
    assert [mount for mount in there.mounts if mount.source != mount.target] == []


# A guard that is killed, and what it held: in a session of its own, twice forked, and deaf.
ORPHAN = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(600)
    time.sleep(600)
time.sleep(600)
"""
ALONE = """
import json, os, signal, subprocess, sys
from catalyst.container import fetch
beside = subprocess.Popen(["sleep", "600"])
with fetch.nothing_left():
    guard = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
    left = int(guard.stdout.readline())
    guard.kill()
    guard.wait()
    alive = os.path.exists(f"/proc/{left}")
print(json.dumps([left, alive, os.path.exists(f"/proc/{left}"), beside.poll()]), flush=True)
beside.kill()
"""


def test_what_outlives_its_guard_ends_before_the_workload_starts() -> None:
    """And nobody else: the gateway is a child as well."""
    done = subprocess.run([sys.executable, "-c", ALONE, ORPHAN], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    left, alive, after, beside = json.loads(done.stdout)
    assert (alive, after, beside) == (True, False, None), left


def test_what_cannot_be_ended_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "PATIENCE", -1.0)
    child = subprocess.Popen(["sleep", "600"])
    try:
        with pytest.raises(CatalystError, match="no workload starts beside it"):
            fetch._end_all_but({pid for pid in children(os.getpid()) if pid != child.pid})
    finally:
        child.kill()
        child.wait()
