"""ENABLE_FORENSIC_CLEANUP on every engine: a workload that writes what ComfyUI writes, ended in every way, and a search of
all that is left for its prompt. The same search finds it where the mode is off.
"""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from catalyst.instance.ground import memory
from catalyst.instance.store import Store
from live.leftovers import ON, WAYS, end, holding, nothing_left, working
from support import PATIENCE, Catalyst, wait_for


def test_the_search_finds_it_where_the_mode_is_off(catalyst: Catalyst, tmp_path: Path) -> None:
    """The control: without it the search would prove nothing."""
    with working(catalyst, tmp_path, ENABLE_FORENSIC_CLEANUP="false") as (_, secret):
        pass
    found = {str(Path(path).relative_to(catalyst.data)).partition("/")[0] for path in holding(catalyst, secret)
             if path.startswith(str(catalyst.data))}  # fmt: skip
    assert {"output", "input", "user", "cache"} <= found


@pytest.mark.parametrize("how", WAYS)
def test_nothing_is_left_however_it_ends(catalyst: Catalyst, tmp_path: Path, how: str) -> None:
    with working(catalyst, tmp_path) as (running, secret):
        end(running, how)
    nothing_left(catalyst, secret, how)


def test_places_to_be_wiped_are_wiped_at_the_end_and_after_a_kill(catalyst: Catalyst, tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.json"
    options = {"CATALYST_WIPE": "output", "CATALYST_KEEP": "input", "CATALYST_CERTIFICATE": str(certificate)}
    with working(catalyst, tmp_path, **options) as (running, secret):
        wait_for(lambda: holding(catalyst, secret), "the prompt to be on disk")
        running.process.terminate()
        assert running.process.wait(PATIENCE) == 0
    assert not [path for path in holding(catalyst, secret) if "/input/" not in path]
    said = {Path(one["path"]).name: one["done"] for one in json.loads(certificate.read_text())["paths"]}
    assert {said["output"], said["input"], said["user"], said["models"]} == {"wiped", "kept", "in memory"}
    with working(catalyst, tmp_path, **options) as (running, secret):
        wait_for(lambda: [one for one in holding(catalyst, secret) if "/output/" in one], "the prompt to be on disk")
        running.process.kill()
        running.process.wait()
    assert [one for one in holding(catalyst, secret) if "/output/" in one]
    assert catalyst("down").returncode == 0
    assert not [path for path in holding(catalyst, secret) if "/input/" not in path]
    assert catalyst("down").returncode == 1  # there is nothing left to do


def test_paranoid_mode_starts_where_every_control_is_enforced(catalyst: Catalyst) -> None:
    """podman has a word for everything; docker needs a /run that is mounted noexec, as Debian's and Ubuntu's is; bwrap has
    no noexec and no cgroup, and refuses."""
    done = catalyst.run("cat", "/proc/self/mountinfo", PARANOID_MODE="true")
    if catalyst.engine == "bwrap":
        assert (done.returncode, "control execution" in done.stderr) == (6, True)
        return
    assert done.returncode == 0, done.stderr
    mounts = dict(re.findall(r"^\S+ \S+ \S+ \S+ (/data/\S+) (\S+) .*- tmpfs", done.stdout, re.MULTILINE))
    assert mounts.keys() == {"/data/output", "/data/input", "/data/user", "/data/cache"}
    assert all("noexec" in options for options in mounts.values())
    noexec = bool(os.statvfs(_session_ground(catalyst)).f_flag & os.ST_NOEXEC)
    if catalyst.engine == "podman" or noexec:
        with catalyst.up(PARANOID_MODE="true") as running:
            assert running.get("system_stats")["system"]["comfyui_version"] == "canary"
    else:
        refused = catalyst("up", "--app=canary", "--port=0", PARANOID_MODE="true")
        assert (refused.returncode, "the way in cannot be mounted noexec" in refused.stderr) == (6, True)


def _session_ground(catalyst: Catalyst) -> Path:
    store = Store(str(catalyst.data))
    store.session_in_memory()
    return next(one for one in (store.session, *store.session.parents, memory() or Path("/")) if one.is_dir())


def test_a_detached_one_writes_no_log(catalyst: Catalyst) -> None:
    assert catalyst("up", "--app=canary", "--port=0", "--detach", **ON).returncode == 0
    folder = Store(str(catalyst.data)).folder
    try:
        names = {path.name for path in folder.iterdir()}
        said = catalyst("logs")
    finally:  # what stays would be in the way of every test after this one
        assert catalyst("down").returncode == 0
    assert names <= {"lock", "instance.json", "session"}
    assert (said.returncode, "keeps no log" in said.stderr) == (1, True)
    shutil.rmtree(folder, ignore_errors=True)
