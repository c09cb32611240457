"""The guard's report lies where the workload can write: a link, a pipe or a flood there must not reach the reader."""

import os
from pathlib import Path

import pytest

from catalyst.instance.store import Store


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("catalyst.instance.store.ROOTS", tmp_path / "run")
    folder = Store(str(tmp_path)).session / "door"
    folder.mkdir(parents=True)
    return folder / "guard.json"


def test_a_report_is_read(file: Path, tmp_path: Path) -> None:
    file.write_text('{"state": "running", "restarts": 2, "exit": 0, "url": "http://evil/"}')
    assert Store(str(tmp_path)).report() == {"state": "running", "restarts": 2, "exit": 0}


def test_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text('{"state": "TOKEN"}')
    file.symlink_to(secret)
    assert Store(str(tmp_path)).report() == {}


def test_a_pipe_does_not_hang(file: Path, tmp_path: Path) -> None:
    os.mkfifo(file)
    assert Store(str(tmp_path)).report() == {}


@pytest.mark.parametrize("text", ["[" * 100_000, "{" + '"a":' * 5000, "nonsense", '{"restarts": "many"}', "[]"])
def test_nonsense_is_nothing(file: Path, tmp_path: Path, text: str) -> None:
    file.write_text(text)
    assert Store(str(tmp_path)).report() == {}
