"""A catalyst.toml that somebody else may write decides what is confined. Git, ssh and sudo refuse such files."""

import os
from pathlib import Path

import pytest

from catalyst.errors import SettingsError
from catalyst.policy.model import Place
from catalyst.settings import Level, load
from catalyst.settings_file import PLACES


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "catalyst.toml"
    path.write_text('security_level = "high"\n')
    path.chmod(0o644)
    return path


def test_ones_own_is_read(file: Path) -> None:
    assert load({}, environ={}).security_level is Level.HIGH


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666, 0o777])
def test_one_that_others_may_write_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(SettingsError, match="others may write it"):
        load({}, environ={})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_one_of_another_owner_is_refused(file: Path) -> None:
    os.chown(file, 4242, 4242)
    with pytest.raises(SettingsError, match="others may write it"):
        load({}, environ={})


def test_a_pipe_does_not_hang(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(SettingsError, match="not a regular file"):
        load({}, environ={})


@pytest.mark.parametrize("place", ["output", "custom_nodes/pack"])
def test_one_that_a_workload_could_have_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """An ordinary user's workload writes files that belong to him, so owner and mode say nothing."""
    (tmp_path / ".catalyst").mkdir()
    (tmp_path / place).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / place)
    Path("catalyst.toml").write_text("grace = 600\n")
    Path("catalyst.toml").chmod(0o644)
    with pytest.raises(SettingsError, match="where a workload may write"):
        load({}, environ={})


def test_the_places_are_the_policys() -> None:
    assert {place.value for place in Place} == PLACES
