"""A volume that somebody else made: the start ends with a message that says what to do, and leaves nothing behind.

What a file system answers is played here, so that it needs no root and no share.
"""

import errno
import os
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from catalyst.container import prepare
from catalyst.errors import SETTINGS, ForeignFolder, OwnerlessFolder, PathRefused, ReadOnlyFolder
from catalyst.guard.record import replace
from catalyst.instance.store import Store
from catalyst.settings import Settings
from strategies import settings_with

USER = (1000, 1000)
ME = os.geteuid()


@pytest.fixture
def volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of this user, in a container that has a scratch folder; nobody here is root."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(prepare, "SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setattr(os, "geteuid", lambda: ME or 1000)
    stat = Path.stat

    def as_a_user(path: Path, **words: Any) -> Any:  # root's own files, where the tests run as root, are the user's
        found = stat(path, **words)
        return found if ME else SimpleNamespace(st_uid=1000, st_gid=1000, st_mode=found.st_mode, st_ino=found.st_ino)

    monkeypatch.setattr(Path, "stat", as_a_user)
    monkeypatch.setattr(Store, "_ours", lambda *_: None)  # its own tests: it asks lstat
    data = tmp_path / "data"
    data.mkdir()
    return data


def settings(data: Path, **options: str) -> Settings:
    return replace(settings_with(**options), data=str(data), user=USER)


def refuse(monkeypatch: pytest.MonkeyPatch, folder: Path, owner: tuple[int, int, int], *, may_read: bool = True) -> None:
    """The kernel says that `folder` has this owner and mode, and that we may not write it."""
    access, stat = os.access, Path.stat

    def answered(path: Any, mode: int) -> bool:
        if Path(path) == folder:
            return may_read and not mode & os.W_OK
        return access(path, mode)

    def owned(path: Path, **words: Any) -> Any:
        uid, gid, mode = owner
        return SimpleNamespace(st_uid=uid, st_gid=gid, st_mode=0o040000 | mode) if path == folder else stat(path, **words)

    monkeypatch.setattr(os, "access", answered)
    monkeypatch.setattr(Path, "stat", owned)


def test_a_volume_of_ones_own_is_made_ready(volume: Path) -> None:
    """The control of all that follows."""
    prepare.folders(settings(volume), instance=True)
    assert {file.name for file in volume.iterdir()} >= {".catalyst", "models", "output", "custom_nodes"}
    assert not list(volume.glob(".catalyst-*"))


@pytest.mark.parametrize(
    ("owner", "says", "as_owner"),
    [
        ((0, 0, 0o755), "belongs to 0:0 with mode 0755", False),  # a fresh volume of docker's, RunPod's /workspace
        ((1024, 100, 0o750), "belongs to 1024:100 with mode 0750", True),  # a NAS, another image
        ((65534, 65534, 0o755), "belongs to 65534:65534 with mode 0755", False),  # NFS, squashed; an owner not mapped here
        ((4294967294, 4294967294, 0o755), "belongs to 4294967294:4294967294", False),
    ],
)
@pytest.mark.parametrize("instance", [True, False])
def test_another_owner_is_named_with_what_to_do(
    volume: Path, monkeypatch: pytest.MonkeyPatch, owner: tuple[int, int, int], says: str, as_owner: bool, instance: bool
) -> None:
    refuse(monkeypatch, volume, owner)
    with pytest.raises(ForeignFolder, match=says) as caught:
        prepare.folders(settings(volume), instance=instance)
    assert caught.value.exit_code == SETTINGS
    assert "sudo chown -R 1000:1000 FOLDER (a share: on its server; NTFS: when it is mounted)" in caught.value.hint
    assert (f"--user {owner[0]}:{owner[1]}" in caught.value.hint) is as_owner
    assert list(volume.iterdir()) == []


@pytest.mark.parametrize(("mapping", "says"), [
    ("0 1001 1\n1 100000 65536\n", "sudo chown -R 100999:100999 FOLDER"),  # podman without root, docker's userns-remap
    ("0 1 1000\n1000 0 1\n1001 1001 64536\n", "podman unshare chown -R 0:0 FOLDER"),  # keep-id
    ("0 0 4294967295\n", "sudo chown -R 1000:1000 FOLDER"),
])  # fmt: skip
def test_the_owner_is_named_as_the_host_counts(
    volume: Path, monkeypatch: pytest.MonkeyPatch, mapping: str, says: str
) -> None:
    """A `chown 1000` on the host gives the folder to nobody that a mapping of users knows."""
    refuse(monkeypatch, volume, (0, 0, 0o755))
    read = Path.read_text
    maps = {Path("/proc/self/uid_map"), Path("/proc/self/gid_map")}
    monkeypatch.setattr(Path, "read_text", lambda path, **words: mapping if path in maps else read(path, **words))
    with pytest.raises(ForeignFolder) as caught:
        prepare.folders(settings(volume), instance=True)
    assert says in caught.value.hint


def test_one_folder_in_it_of_another_owner(volume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At `normal` models are the workload's to write; from `high` on that they can be read is enough."""
    (volume / "models").mkdir()
    refuse(monkeypatch, volume / "models", (1024, 1024, 0o755))
    prepare.folders(settings(volume, security_level="high"), instance=True)
    with pytest.raises(ForeignFolder, match='models" belongs to 1024:1024'):
        prepare.folders(settings(volume), instance=True)


def test_a_folder_that_cannot_be_entered(volume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, volume, (1024, 1024, 0o700), may_read=False)
    with pytest.raises(ForeignFolder, match="may not read it"):
        prepare.folders(settings(volume), instance=True)


def test_a_volume_that_is_mounted_read_only_is_no_matter_of_owners(volume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, volume, (*USER, 0o755))
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    with pytest.raises(ReadOnlyFolder, match="mounted read-only") as caught:
        prepare.folders(settings(volume), instance=True)
    assert "chown" not in caught.value.hint


@pytest.mark.parametrize("made", [(0, 0o777), (65534, 0o700), (1000, 0o770)])
def test_a_file_system_without_owners_or_modes(
    volume: Path, monkeypatch: pytest.MonkeyPatch, made: tuple[int, int]
) -> None:
    """NTFS and FAT (everything is 0777 of whoever mounted it), a share that squashes every owner, one that adds a mode."""
    stat, uid = Path.stat, made[0] if made[0] != 1000 else ME or 1000

    def ignoring(path: Path, **words: Any) -> Any:
        tried = path.name.startswith(".catalyst-")
        return SimpleNamespace(st_uid=uid, st_mode=0o040000 | made[1]) if tried else stat(path, **words)

    monkeypatch.setattr(Path, "stat", ignoring)
    with pytest.raises(OwnerlessFolder, match="without owners and modes") as caught:
        prepare.folders(settings(volume), instance=True)
    assert caught.value.exit_code == SETTINGS
    assert "--volume catalyst:/data" in caught.value.hint
    assert list(volume.iterdir()) == []  # neither what was tried nor anything else
    prepare.folders(settings(volume), instance=False)  # with two containers nothing of Catalyst's own lies there


def test_what_cannot_even_be_tried_is_said(volume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    with pytest.raises(PathRefused, match="no space left on device"):
        prepare.folders(settings(volume), instance=True)


def test_a_place_that_cannot_be_given_away_is_not_left_as_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`catalyst up` by root on a share that squashes root, or on NTFS: the next start would take it for the owner's."""

    def squashed(*_: Any, **__: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", squashed)
    for _ in range(2):
        with pytest.raises(PathRefused, match="operation not permitted") as caught:
            Store(str(tmp_path / "data")).prepare(USER, instance=False)
        assert "--data DIR" in caught.value.hint
        assert list((tmp_path / "data").iterdir()) == []
