"""What a workload can leave in its folders so that wiping them hits something else, hangs, or fills the disk."""

import os
import socket
import stat
from pathlib import Path

import pytest

from attacks.wiping import SECRET, tree, wiped
from support import open_to_all


def test_links_and_second_names_are_unlinked_and_never_written(tmp_path: Path) -> None:
    folder, victim = tree(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(SECRET)
    (folder / "link").symlink_to(victim)
    (folder / "link-to-folder").symlink_to(outside)
    os.link(victim, folder / "second-name")
    counts = wiped(folder)
    assert victim.read_bytes() == (outside / "file").read_bytes() == SECRET
    assert list(folder.iterdir()) == []
    assert {one["path"] for one in counts["exceptions"]} == {"link", "link-to-folder", "second-name"}
    assert {one["done"] for one in counts["exceptions"]} == {"unlinked only"}


def test_two_names_inside_are_overwritten_all_the_same(tmp_path: Path) -> None:
    folder, _ = tree(tmp_path)
    (folder / "a").write_bytes(SECRET)
    os.link(folder / "a", folder / "b")
    held = (folder / "a").open("rb")
    with held:
        counts = wiped(folder)
        assert (counts["overwritten"], counts["unlinked_only"]) == (1, 1)
        assert held.read() == b""


def test_pipes_sockets_and_devices_are_never_opened(tmp_path: Path) -> None:
    folder, _ = tree(tmp_path)
    os.mkfifo(folder / "pipe")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / "socket"))
    server.close()
    names = {"pipe", "socket"}
    if os.geteuid() == 0:
        os.mknod(folder / "device", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        names.add("device")
    counts = wiped(folder)
    assert list(folder.iterdir()) == []
    assert {one["path"] for one in counts["exceptions"]} == names
    assert counts["complete"]


def test_a_sparse_file_of_3_tib_neither_fills_the_disk_nor_takes_time(tmp_path: Path) -> None:
    folder, _ = tree(tmp_path)
    with (folder / "sparse").open("wb") as stream:
        stream.truncate(3 << 40)
        stream.seek(2 << 40)
        stream.write(b"x" * 5000)
    before = os.statvfs(folder).f_bavail
    counts = wiped(folder)
    assert counts["overwritten"] == 1
    assert 5000 <= counts["bytes"] <= 3 * 4096
    assert os.statvfs(folder).f_bavail + 10_000 > before


def test_names_that_are_no_text(tmp_path: Path) -> None:
    folder, _ = tree(tmp_path)
    for name in (b"\xff\xfe", b"new\nline", b"\x1b[2J", b"a" * 255, b"x", b"-rf"):
        (Path(os.fsdecode(os.fsencode(folder) + b"/" + name))).write_bytes(SECRET)
    os.mkfifo(os.fsencode(folder) + b"/\xff pipe")
    counts = wiped(folder)
    assert list(folder.iterdir()) == []
    assert counts["overwritten"] == 6
    assert counts["exceptions"][0]["path"] == "\\xff pipe"


def test_one_letter_names_do_not_remove_one_another(tmp_path: Path) -> None:
    """A random name of one letter is often taken; renaming over it would remove a file that was not overwritten."""
    folder, _ = tree(tmp_path)
    letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for letter in letters:
        (folder / letter).write_bytes(SECRET)
    counts = wiped(folder)
    assert (counts["overwritten"], counts["bytes"]) == (len(letters), len(letters) * len(SECRET))


def test_what_has_no_rights_is_made_usable(tmp_path: Path) -> None:
    folder, _ = tree(tmp_path)
    closed = folder / "closed"
    closed.mkdir()
    (closed / "file").write_bytes(SECRET)
    (closed / "file").chmod(0)
    closed.chmod(0)
    if os.geteuid() == 0:
        os.chown(folder, 1234, 1234)
        os.chown(closed / "file", 1234, 1234)
        os.chown(closed, 1234, 1234)
    counts = _as_user(folder) if os.geteuid() == 0 else wiped(folder)
    assert (counts["overwritten"], counts["not_wiped"], counts["folders"]) == (1, 0, 1), counts
    assert list(folder.iterdir()) == []


def _as_user(folder: Path) -> dict[str, int]:
    """Root needs no rights, so a child without them does it."""
    import json

    open_to_all(folder.parent)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(1234, 1234, 1234)
            os.setresuid(1234, 1234, 1234)
            os.write(write, json.dumps(wiped(folder)).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as stream:
        found: dict[str, int] = json.load(stream)
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a file immutable")
def test_an_immutable_file_is_named_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    import fcntl
    import struct

    folder, _ = tree(tmp_path)
    inner = folder / "folder"
    inner.mkdir()
    for name in ("a", "immutable", "z"):
        (inner / name).write_bytes(SECRET)

    def mark(flags: int) -> None:
        with (inner / "immutable").open("rb") as stream:
            fcntl.ioctl(stream, 0x40086602, struct.pack("l", flags))  # FS_IOC_SETFLAGS, FS_IMMUTABLE_FL

    mark(0x10)
    try:
        counts = wiped(folder)
        assert (counts["overwritten"], counts["not_wiped"], counts["complete"]) == (2, 1, False)
        assert counts["exceptions"] == [
            {"path": "folder/immutable", "done": "not wiped", "why": "operation not permitted"}
        ]
        assert [one.name for one in inner.iterdir()] == ["immutable"]  # the folder kept its name too
    finally:
        mark(0)
