"""A workload's output reaches the owner's terminal through `catalyst logs` and through errors. Escape sequences could
rewrite what is seen, set the title, answer back as typed keys; U+202E turns text around."""

import io
import itertools
from pathlib import Path

import pytest

from catalyst.instance import log

ATTACKS = [
    "\x1b]0;title\x07",          # set the title
    "\x1b[2J\x1b[H",             # clear the screen
    "\x1bP+q544e\x1b\\",         # ask the terminal, which answers on standard input
    "harmless\rcatalyst: error", # overwrite the line
    "\x9b31m",                   # CSI as one byte
    "gnp.\u202ejs",              # right-to-left override
    "\x08\x08\x08", "\x00", "\x7f",
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_is_left_for_a_terminal_to_obey(attack: str) -> None:
    shown = log.plain(f"before {attack} after\n")
    assert all(character.isprintable() or character in "\n\t" for character in shown)
    assert shown.startswith("before")


def test_the_stored_log_is_made_plain_when_read(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"one\n\x1b]0;owned\x07two\n\xff\xfe\n")
    assert "\x1b" not in "".join(log.read(file))


def test_a_flood_cannot_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MOST", 10_000)
    lines = itertools.repeat(b"x" * 99 + b"\n", 5_000)
    kept = log.Log(tmp_path / "log", io.BytesIO(b"".join(lines)))
    kept.finish()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 2 * 10_000
    assert len(kept.tail) == 20


def test_a_line_without_end_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MOST", 100_000)
    log.Log(tmp_path / "log", io.BytesIO(b"y" * 1_000_000)).finish()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 2 * 100_000
