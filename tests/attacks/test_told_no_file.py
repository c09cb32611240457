"""Front reads what the models' container says, five times a second, and that one may have been taken over where its kernel
has no Landlock. Whatever lies there, front does not wait at it, fall over it, or keep it open until it can open nothing."""

import json
import os
from pathlib import Path

from catalyst.container import told


def test_a_pipe_that_somebody_holds(tmp_path: Path) -> None:
    """Nothing is there to be read, and its end has not come."""
    os.mkfifo(tmp_path / told.LINES)
    held = os.open(tmp_path / told.LINES, os.O_RDWR)
    assert told.shown(tmp_path) == []
    os.close(held)


def test_a_pipe_with_something_in_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / told.LINES)
    held = os.open(tmp_path / told.LINES, os.O_RDWR)
    os.write(held, json.dumps({"lines": ["a"]}).encode())
    assert told.shown(tmp_path) == []
    os.close(held)


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / told.LINES).mkdir()
    (tmp_path / told.NAME).mkdir()
    before = os.listdir("/proc/self/fd")  # noqa: PTH208 -- names
    for _ in range(50):
        assert told.shown(tmp_path) == []
        assert told._read(tmp_path) is None
    assert len(os.listdir("/proc/self/fd")) <= len(before)  # noqa: PTH208 -- names


def test_names_in_a_script_that_needs_room(tmp_path: Path) -> None:
    """Letters beyond 16 bits were twelve bytes each, and all of it more than is read: the page had nothing to show."""
    lines = ["\U00020000" * 1000] * 20
    told.show(lines, tmp_path)
    assert told.shown(tmp_path) == [line[: told.LONGEST] for line in lines]
    assert (tmp_path / told.LINES).stat().st_size < told.MOST


def test_half_a_character(tmp_path: Path) -> None:
    told.show(["a\udc80b"], tmp_path)
    assert told.shown(tmp_path) == ["a?b"]


def test_a_full_folder_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / told.LINES).mkdir()
    (tmp_path / told.LINES / "held").touch()
    told.show(["x"], tmp_path)
    assert os.listdir(tmp_path) == [told.LINES]  # noqa: PTH208 -- names


def test_the_control(tmp_path: Path) -> None:
    (tmp_path / told.LINES).write_text(json.dumps({"lines": ["a", 1]}))
    assert told.shown(tmp_path) == ["a"]
