"""The journal is there before the first byte is written over, stays where something is left, and is strict when read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from catalyst.errors import CatalystError
from catalyst.wipe.journal import Journal, Noted
from catalyst.wipe.overwrite import overwrite
from catalyst.wipe.wipe import open_all, wipe
from catalyst.wipe.wiper import Budget


def test_there_before_and_gone_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "wiping.json")
    folder = tmp_path / "output"
    folder.mkdir()
    (folder / "file").write_text("x")
    seen = []

    def write(descriptor: int, size: int, wrote: Callable[[int], None]) -> int:
        seen.append(journal.roots())
        return overwrite(descriptor, size, wrote)

    monkeypatch.setattr("catalyst.wipe.wiper.overwrite", write)
    wipe(open_all([str(folder)]), Budget(), journal=journal)
    assert seen == [(Noted(str(folder), folder.stat().st_ino, ""),)]
    assert journal.roots() == ()
    assert [one.name for one in tmp_path.iterdir()] == ["output"]


def test_it_stays_where_something_is_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "wiping.json")
    folder = tmp_path / "output"
    folder.mkdir()
    (folder / "file").write_text("x")
    wipe(open_all([str(folder)]), Budget(seconds=0), journal=journal)
    assert [one.path for one in journal.roots()] == [str(folder)]
    wipe(open_all(one.path for one in journal.roots()), Budget(), journal=journal)
    assert (journal.roots(), list(folder.iterdir())) == ((), [])


def test_a_journal_that_cannot_be_written_stops_before_anything(tmp_path: Path) -> None:
    folder = tmp_path / "output"
    folder.mkdir()
    (folder / "file").write_text("x")
    with pytest.raises(CatalystError, match="journal"):
        wipe(open_all([str(folder)]), Budget(), journal=Journal(folder / "file" / "wiping.json"))
    assert (folder / "file").read_text() == "x"


@pytest.mark.parametrize("text", [
    "", "[]", "null", "{", '{"version": 1, "roots": []}', '{"version": 2}', '{"version": 2, "roots": "/"}',
    '{"version": 2, "roots": [1]}', '{"version": 2, "roots": ["/x"]}', '{"version": 2, "roots": [["/x", true, ""]]}',
    '{"version": 2, "roots": [["/x", 1, "00"]]}', '{"version": 2, "roots": [["/x", 1, "no number"]]}',
    '{"version": 2, "roots": [["/x", 1, 5]]}',
    "[" * 100_000, "\udcff",
])  # fmt: skip
def test_a_damaged_one_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "wiping.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CatalystError, match="cannot be read"):
        Journal(file).roots()


def test_a_link_is_not_read(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_text(json.dumps({"version": 2, "roots": ["/home"]}))
    (tmp_path / "wiping.json").symlink_to(real)
    with pytest.raises(CatalystError, match="cannot be read"):
        Journal(tmp_path / "wiping.json").roots()
