"""At `normal` the workload may write in the models folder. A manifest that is mounted there, out of its hands, had its lock
file beside it, in its hands: it said there from where and with which sha256 the next start takes what the owner named."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from catalyst.errors import LockDamaged
from catalyst.instance import alone, fetch, job, wanted
from catalyst.models.fetch.lock import Entry, Lock
from catalyst.settings import load
from support import forget

SOURCE = "hf:owner/repo/a.safetensors"


def asked(data: Path, manifest: Path) -> list[str]:
    """What the downloader is asked, of a manifest that names one file and a lock file beside it that names another."""
    forget(data)
    manifest.parent.mkdir(parents=True)
    manifest.write_text(f'[[model]]\nsource = "{SOURCE}"\n')
    lock = Lock(manifest.with_suffix(".lock"))
    lock.entries = {SOURCE: [Entry(SOURCE, "loras/a.safetensors", "ab" * 32, 10, "/evil/repo/resolve/main/evil")]}
    lock.write()
    settings = load({"data": str(data), "user": f"{os.geteuid() or 1000}", "models": str(manifest)}, environ={})
    requests: list[str] = []

    @contextmanager
    def opened(*_: object, **__: object) -> Iterator[Any]:
        yield SimpleNamespace(run=run, tokens=list)

    def run(_line: Callable[[bytes], None], _wake: int, **_: object) -> job.Ended:
        requests.append((data / "models/.fetch/request.json").read_text())
        return job.Ended(0)

    fetch.before(settings, wanted.standing(settings), alone.ALONE, lambda _: None, -1, opened=opened)
    return requests


@pytest.mark.parametrize("below", ["models", "models/loras", "user/default"])
def test_the_workloads_word_counts_for_nothing(tmp_path: Path, below: str) -> None:
    (request,) = asked(tmp_path / "data", tmp_path / "data" / below / "models.toml")
    assert '"act": "resolve"' in request
    assert "evil" not in request


def test_nor_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "data/models/mine").mkdir(parents=True)
    (tmp_path / "mine").symlink_to(tmp_path / "data/models/mine")
    (request,) = asked(tmp_path / "data", tmp_path / "mine/below/models.toml")
    assert "evil" not in request


def test_the_control_the_owners_does(tmp_path: Path) -> None:
    (request,) = asked(tmp_path / "data", tmp_path / "data/models.toml")
    assert '"act": "download"' in request
    assert "evil" in request


def test_a_pipe_in_its_place_holds_nobody_up(tmp_path: Path) -> None:
    """Without Landlock the workload can put one among Catalyst's own files, and no start came to an end."""
    file = tmp_path / "models.lock"
    os.mkfifo(file)
    rescue = threading.Timer(60, lambda: os.close(os.open(file, os.O_RDWR)))
    rescue.start()
    with pytest.raises(LockDamaged):
        Lock(file)
    held_up = not rescue.is_alive()
    rescue.cancel()
    assert not held_up
