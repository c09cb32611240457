"""An environment in a downloaded checkout, or one that pip made (it runs setup.py of strangers), can have `bin/python`
lead to a program in the owner's home. Whoever mounts the folder above it mounts the home, SSH keys and all."""

import os
from pathlib import Path

import pytest

from catalyst.errors import PathRefused
from catalyst.workloads import interpreter


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """An environment whose interpreter leads to HOME/bin/tool."""
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    (home / "bin/tool").write_bytes(b"\x7fELF")
    venv = tmp_path / "data/venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").touch()
    (venv / "bin/python").symlink_to(home / "bin/tool")
    return venv


def test_the_folder_above_the_link_is_the_home(planted: Path) -> None:
    assert (planted / "bin/python").resolve().parents[1] == planted.parents[1] / "home"  # what used to be mounted


def test_a_link_to_what_is_no_python_installation_is_refused(planted: Path) -> None:
    with pytest.raises(PathRefused, match="no Python installation"):
        interpreter.of(str(planted / "bin/python"))


@pytest.mark.parametrize("dressed", ["bin/../bin/tool", "bin/tool"])
def test_not_even_if_the_home_is_dressed_as_one(planted: Path, monkeypatch: pytest.MonkeyPatch, dressed: str) -> None:
    home = planted.parents[1] / "home"
    (home / "lib/python3.11").mkdir(parents=True)
    (home / "lib/python3.11/os.py").touch()
    monkeypatch.setenv("HOME", str(home))
    (planted / "bin/python").unlink()
    (planted / "bin/python").symlink_to(f"{home}/{dressed}")
    with pytest.raises(PathRefused, match="no Python installation"):
        interpreter.of(str(planted / "bin/python"))


def test_a_real_installation_is_mounted(planted: Path) -> None:
    base = planted.parents[1] / "cpython"
    (base / "bin").mkdir(parents=True)
    (base / "bin/python3.11").write_bytes(b"\x7fELF")
    (base / "lib/python3.11").mkdir(parents=True)
    (base / "lib/python3.11/os.py").touch()
    (planted / "bin/python").unlink()
    (planted / "bin/python").symlink_to(base / "bin/python3.11")
    found = interpreter.of(str(planted / "bin/python"))
    assert [mount.source for mount in found.mounts] == [str(planted), str(base)]


def test_a_pipe_in_its_place_does_not_hang(planted: Path) -> None:
    (planted / "bin/python").unlink()
    os.mkfifo(planted / "bin/python")
    with pytest.raises(PathRefused):
        interpreter.of(str(planted / "bin/python"))


def test_an_environment_made_in_a_sandbox_is_not_followed(planted: Path) -> None:
    found = interpreter.installed(planted)
    assert [mount.source for mount in found.mounts if str(planted.parents[1]) in mount.source] == [str(planted)]
