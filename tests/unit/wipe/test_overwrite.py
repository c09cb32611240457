"""What is written, and that it is written before the blocks are given back."""

import os
from pathlib import Path

import pytest

from catalyst.wipe import overwrite as module
from catalyst.wipe.overwrite import Unfinished, overwrite


def test_every_byte_before_it_is_truncated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    content = b"A" * (module.CHUNK + 12345)
    file.write_bytes(content)
    order: list[str] = []
    seen: list[bytes] = []

    def flushed(descriptor: int) -> None:
        order.append("fdatasync")
        seen.append(file.read_bytes())

    monkeypatch.setattr(os, "fdatasync", flushed)
    truncate = os.ftruncate

    def truncated(descriptor: int, size: int) -> None:
        order.append("ftruncate")
        truncate(descriptor, size)

    monkeypatch.setattr(os, "ftruncate", truncated)
    descriptor = os.open(file, os.O_WRONLY)
    written = overwrite(descriptor, len(content), lambda _: None)
    os.close(descriptor)
    assert (written, order, file.stat().st_size) == (len(content), ["fdatasync", "ftruncate"], 0)
    assert len(seen[0]) == len(content)
    assert b"A" * 16 not in seen[0]


def test_holes_stay_holes_and_the_file_never_grows(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with file.open("wb") as stream:
        stream.write(b"A" * 100)
        stream.seek(1 << 30)
        stream.write(b"B" * 100)
    descriptor = os.open(file, os.O_WRONLY)
    written = overwrite(descriptor, file.stat().st_size, lambda _: None)
    os.close(descriptor)
    assert 200 <= written <= 3 * 65536


def test_it_ends_where_the_budget_does(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"A" * (3 * module.CHUNK))

    def enough(_: int) -> None:
        raise Unfinished

    descriptor = os.open(file, os.O_WRONLY)
    with pytest.raises(Unfinished):
        overwrite(descriptor, file.stat().st_size, enough)
    os.close(descriptor)
    assert file.read_bytes()[module.CHUNK :] == b"A" * (2 * module.CHUNK)


def test_what_grows_meanwhile_is_no_reason_to_go_on(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"A" * 5000)
    descriptor = os.open(file, os.O_WRONLY)
    assert overwrite(descriptor, 1000, lambda _: None) == 1000
    os.close(descriptor)
