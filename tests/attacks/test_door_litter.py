"""What the workload leaves in the door's folder must not stop `down` or the next `up`: 3000 folders in one another end
shutil.rmtree in Python 3.11 with RecursionError, a closed folder stops it for an ordinary user."""

import os
import shutil
from pathlib import Path

import pytest

from catalyst.instance.store import remove_session


def deep(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("x", dir_fd=descriptor)
        inner = os.open("x", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)


def closed(folder: Path) -> None:
    (folder / "x/y").mkdir(parents=True)
    (folder / "x/file").touch()
    (folder / "x").chmod(0)


def links(folder: Path) -> None:
    (folder / "out").symlink_to("/")
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")


@pytest.mark.parametrize("litter", [deep, closed, links])
def test_it_is_removed(tmp_path: Path, litter: object) -> None:
    door = tmp_path / "session/door"
    door.mkdir(parents=True)
    litter(door)  # type: ignore[operator]  # a row of the table
    remove_session(tmp_path / "session")
    assert list(tmp_path.iterdir()) == []
    assert Path("/etc/passwd").exists()


def test_a_link_in_the_folders_own_place_is_not_followed(tmp_path: Path) -> None:
    """The owner of a data directory could put one where root removes `venv.new`."""
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/file").touch()
    (tmp_path / "venv.new").symlink_to(tmp_path / "victim")
    remove_session(tmp_path / "venv.new")
    assert (tmp_path / "victim/file").exists()
    assert not (tmp_path / "venv.new").is_symlink()


def test_rmtree_cannot(tmp_path: Path) -> None:
    deep(tmp_path)
    with pytest.raises(RecursionError):
        shutil.rmtree(tmp_path / "x", ignore_errors=True)
    remove_session(tmp_path / "x")
