"""Who asks about the lock must not take it, and `down` must signal who holds it, not whom a record names."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalyst.errors import AlreadyRunning
from catalyst.instance import down
from catalyst.instance.store import Store
from catalyst.settings import load

HOLD = (
    "import sys, signal; from catalyst.instance.store import Store; "
    "s = Store(sys.argv[1]); s.lock(); print('held', flush=True); signal.pause()"
)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory of an ordinary user, or of root with its state below /run."""
    store = Store(str(tmp_path))
    store.prepare((1000, 1000))
    yield tmp_path
    for file in store.folder.iterdir():
        file.unlink()
    store.folder.rmdir()


@pytest.fixture
def holder(data: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(data)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_kernel_names_the_holder(data: Path, holder: "subprocess.Popen[str]") -> None:
    assert Store(str(data)).holder() == holder.pid
    with pytest.raises(AlreadyRunning):
        Store(str(data)).lock()
    holder.kill()
    holder.wait()
    assert Store(str(data)).holder() == 0


def test_asking_does_not_take_it(data: Path) -> None:
    for _ in range(200):
        Store(str(data)).holder()
    Store(str(data)).lock()


def test_down_does_not_signal_a_stranger(data: Path, holder: "subprocess.Popen[str]") -> None:
    """The record is a crashed instance's, its pid somebody else's by now; the lock is a new instance's."""
    with subprocess.Popen(["sleep", "60"]) as stranger:
        record = {"id": "x", "engine": "bwrap", "app": "canary", "pid": stranger.pid, "url": "", "level": "normal",
                  "network": "public", "state": "ready", "log": ""}  # fmt: skip
        (Store(str(data)).folder / "instance.json").write_text(json.dumps(record))
        down.down(load({"data": str(data), "grace": "1"}, environ={}))
        assert holder.wait(10) == -15
        assert stranger.poll() is None
        stranger.kill()
