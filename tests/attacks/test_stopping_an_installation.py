"""pip runs setup.py of strangers for minutes. A signal must end it at once, and all it started with it."""

import os
import threading
import time
from pathlib import Path

import pytest

from catalyst.engine.engine import engines
from catalyst.errors import CatalystError, PathRefused
from catalyst.instance import provision
from catalyst.settings import load
from catalyst.workloads import interpreter

pytestmark = pytest.mark.engine("bwrap")


def test_a_signal_ends_the_step_and_its_daemon(tmp_path: Path) -> None:
    settings = load({"data": str(tmp_path / "data"), "engine": "bwrap"}, environ={})
    building, tree = tmp_path / "building", tmp_path / "tree"
    tree.mkdir()
    building.mkdir()
    if os.geteuid() == 0:
        os.chown(building, 1000, 1000)
    alive = building / "alive"
    daemon = "setsid sh -c 'trap \"\" TERM INT; while :; do echo alive >>alive; done'"
    script = f"cd {tmp_path}/final; ({daemon} &); until test -s alive; do sleep 0.1; done; echo started; sleep 600"
    job = provision._Job(("sh", "-c", script), tree, interpreter.own(), tmp_path / "final", building)
    wake, stop = os.pipe()

    def tell(line: str) -> None:
        assert line == "started"
        assert alive.read_text(), "the positive control: its daemon runs"
        os.write(stop, b"x")  # as a signal does

    with pytest.raises(CatalystError, match="stopped"):
        provision._in_sandbox(settings, engines()["bwrap"], job, tell, wake)
    before = alive.stat().st_size
    time.sleep(0.2)
    assert alive.stat().st_size == before
    os.close(wake)
    os.close(stop)


@pytest.mark.parametrize("script", ["sleep 600", "printf half; sleep 600"], ids=["silent", "half a line"])
def test_one_that_is_asked_early_or_says_half_a_line(tmp_path: Path, script: str) -> None:
    settings = load({"data": str(tmp_path / "data"), "engine": "bwrap"}, environ={})
    tree, building = tmp_path / "tree", tmp_path / "building"
    for folder in (tree, building):
        folder.mkdir()
    if os.geteuid() == 0:
        os.chown(building, 1000, 1000)
    job = provision._Job(("sh", "-c", script), tree, interpreter.own(), tmp_path / "final", building)
    wake, stop = os.pipe()
    timer = threading.Timer(0.0 if script == "sleep 600" else 1.5, os.write, [stop, b"x"])
    timer.start()
    with pytest.raises(CatalystError, match="stopped"):
        provision._in_sandbox(settings, engines()["bwrap"], job, lambda _: None, wake)
    timer.join()
    os.close(wake)
    os.close(stop)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_nothing_is_installed_into_somebody_elses_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 4242, 4242)
    settings = load({"data": str(tmp_path), "engine": "bwrap"}, environ={})
    with pytest.raises(PathRefused, match="not a folder of this user alone"):
        provision.install(settings, engines()["bwrap"], tmp_path, lambda _: None, 0)
