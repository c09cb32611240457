"""What the certificate promises on each file system."""

import os
from pathlib import Path

import pytest

from catalyst.wipe import filesystem
from catalyst.wipe.filesystem import CLEAR, MEMORY, _encrypted, _judged


@pytest.mark.parametrize(("kind", "options", "category"), [
    ("ext4", "rw,relatime", CLEAR), ("xfs", "rw", CLEAR), ("ext4", "rw,data=journal", ""), ("btrfs", "rw", ""),
    ("zfs", "rw", ""), ("overlay", "rw", ""), ("nfs4", "rw", ""), ("fuse.sshfs", "rw", ""), ("9p", "rw", ""),
    ("unknown", "", ""), ("tmpfs", "rw", MEMORY),
])  # fmt: skip
def test_what_is_promised(kind: str, options: str, category: str) -> None:
    found = _judged(kind, "/dev/x", options, "0:0")
    assert found.category == category or (not category and found.category.startswith("none"))
    assert found.not_promised


def test_flash_and_reflinks_are_named() -> None:
    assert any("flash" in what for what in _judged("ext4", "/dev/x", "rw", "999:999").not_promised)
    assert any("reflink" in what for what in _judged("xfs", "/dev/x", "rw", "8:1").not_promised)


def test_the_file_system_is_that_of_the_open_folder(tmp_path: Path) -> None:
    for folder in (tmp_path, Path("/dev/shm"), Path("/proc")):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        found = filesystem.of(descriptor)
        os.close(descriptor)
        assert found.kind == {"/dev/shm": "tmpfs", "/proc": "proc"}.get(str(folder), found.kind)
        assert found.kind != "unknown"


def _device(folder: Path, name: str, **files: str) -> Path:
    device = folder / name
    (device / "dm").mkdir(parents=True)
    for file, text in files.items():
        (device / file.replace("__", "/")).write_text(text)
    return device


def test_swap_on_a_plain_disk_is_in_clear(tmp_path: Path) -> None:
    crypt = _device(tmp_path, "dm-0", dm__uuid="CRYPT-LUKS2-00-swap\n")
    disk = _device(tmp_path, "sda2")
    volume = _device(tmp_path, "dm-1", dm__uuid="LVM-x\n")
    (volume / "slaves").mkdir()
    (volume / "slaves" / "dm-0").symlink_to(crypt)
    assert _encrypted(crypt)
    assert _encrypted(volume)
    assert not _encrypted(disk)
    (volume / "slaves" / "sda2").symlink_to(disk)
    assert not _encrypted(volume)
    assert not _encrypted(tmp_path / "missing")


def test_compressed_swap_counts_only_with_a_disk_behind_it(tmp_path: Path) -> None:
    assert _encrypted(_device(tmp_path, "zram0", backing_dev="none\n"))
    assert not _encrypted(_device(tmp_path, "zram1", backing_dev="/dev/sda3\n"))
