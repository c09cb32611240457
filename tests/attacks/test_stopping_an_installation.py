"""pip runs setup.py of strangers for minutes. A signal must end it at once, and all it started with it."""

import os
import time
from pathlib import Path

import pytest

from catalyst.engine.engine import engines
from catalyst.errors import CatalystError
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
    daemon = "setsid sh -c 'trap \"\" TERM INT; while :; do date +%s%N >alive; sleep 0.1; done'"
    script = f"cd {tmp_path}/final; ({daemon} &); until test -s alive; do sleep 0.1; done; echo started; sleep 600"
    job = provision._Job(("sh", "-c", script), tree, interpreter.own(), tmp_path / "final", building)
    wake, stop = os.pipe()

    def tell(line: str) -> None:
        assert line == "started"
        assert alive.read_text(), "the positive control: its daemon runs"
        os.write(stop, b"x")  # as a signal does

    with pytest.raises(CatalystError, match="stopped"):
        provision._in_sandbox(settings, engines()["bwrap"], job, tell, wake)
    before = alive.read_text()
    time.sleep(0.5)
    assert alive.read_text() == before
    os.close(wake)
    os.close(stop)
