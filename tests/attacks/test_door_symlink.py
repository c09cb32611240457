"""The workload can write the door's folder. A link there would lead the gateway, and with it the owner's browser, to
any socket the gateway may use: D-Bus, the docker socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalyst.services.gateway import door


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """Some other program's socket."""
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield path


def enter(folder: Path) -> socket.socket:
    descriptor = os.open(folder, os.O_PATH)
    try:
        return door.enter(descriptor)
    finally:
        os.close(descriptor)


def test_by_path_the_link_is_followed(elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / door.NAME).symlink_to(elsewhere)
    with socket.socket(socket.AF_UNIX) as victim:
        victim.connect(str(tmp_path / door.NAME))  # the attack, without the control


def test_the_gateway_does_not_follow_it(elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / door.NAME).symlink_to(elsewhere)
    with pytest.raises(OSError):
        enter(tmp_path)


def test_a_file_or_a_pipe_is_not_a_door(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / door.NAME)
    with pytest.raises(OSError, match="not a socket"):
        enter(tmp_path)


def test_a_real_door_opens(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / door.NAME))
        listener.listen()
        enter(tmp_path).close()
