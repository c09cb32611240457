"""Places on a file system that can encrypt: nothing of a run is on the disk in clear, however it ends, power loss included.

The raw disk is searched for prompts and for names. What is left of a run that was killed goes with `catalyst down`.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from attacks.test_wipe_size import deep
from carve import images
from carve.images import COUNT, Image
from catalyst.errors import CatalystError
from catalyst.instance import cleanup, encryption
from catalyst.instance.cleanup import Cleanup
from catalyst.instance.store import Store
from catalyst.settings import Settings, load
from catalyst.wipe import encrypted
from support import wait_for

pytestmark = pytest.mark.lane("carve")
NOTHING = dict.fromkeys(("prompts", "names", "foremost", "photorec", "scalpel"), 0)
# A run that is about to be killed: its places are ready, and it waits for pictures.
RUN = """
import sys, time
from catalyst.instance.cleanup import Cleanup
from catalyst.instance.store import Store
from catalyst.settings import load
settings = load({"data": sys.argv[1], "enable_forensic_cleanup": "true", "wipe": "output"}, {})
run = Cleanup(settings, Store(settings.data))
run.begin()
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def disk(tmp_path: Path) -> Image:
    return images.make(tmp_path, "ext4 encrypt")


@pytest.fixture(autouse=True)
def _journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "ROOTS_JOURNALS", tmp_path / "journals")


def made(data: Path, **options: str) -> tuple[Settings, Store]:
    settings = load({"data": str(data), "enable_forensic_cleanup": "true", "wipe": "output", **options}, {})
    store = Store(settings.data)
    store.prepare(settings.user)
    return settings, store


def test_nothing_is_on_the_disk_at_any_time(disk: Image, tmp_path: Path) -> None:
    """While it runs, as a power loss would leave it, and after its end; the place is usable again."""
    certificate = tmp_path / "certificate.json"
    with disk.mounted() as folder:
        settings, store = made(folder / "data", certificate=str(certificate))
        before = (store.data / "output").stat()
        run = Cleanup(settings, store)
        run.begin()
        run.ran = True
        disk.draw(store.data / "output")
        shutil.copy(disk.file, tmp_path / "lost")
        run.finish()
        after = (store.data / "output").stat()
        assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)
        (store.data / "output" / "picture.png").write_bytes(b"a run without the mode")
    assert disk.found(tmp_path) == NOTHING
    assert Image(tmp_path / "lost", disk.folder, disk.pictures).found(tmp_path) == NOTHING
    said = {Path(one["path"]).name: one for one in json.loads(certificate.read_text())["paths"]}["output"]
    assert (said["done"], said["key_destroyed"], said["category"]) == (
        "key destroyed", COUNT + 1, "cryptographic erase, of these files")  # fmt: skip
    assert not re.search("unrecoverable|purge", certificate.read_text(), re.IGNORECASE)


def test_a_folder_with_pictures_in_it_is_overwritten_as_ever(disk: Image, tmp_path: Path) -> None:
    with disk.mounted() as folder:
        settings, store = made(folder / "data")
        disk.draw(store.data / "output")
        run = Cleanup(settings, store)
        run.begin()
        run.ran = True
        assert [root.key for root in run.roots] == [""]
        run.finish()
    assert disk.found(tmp_path)["prompts"] == 0


@contextmanager
def killed(disk: Image, store: Store) -> Iterator[str]:
    """A run that has drawn its pictures, killed; the identifier of its key."""
    argv = [sys.executable, "-P", "-c", RUN, str(store.data)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            disk.draw(store.data / "output")
            key = _key(store)
        finally:
            process.send_signal(signal.SIGKILL)
        process.wait()
        try:
            yield key
        finally:
            cleanup.journal_of(store).close()


def _key(store: Store) -> str:
    folder = os.open(store.data / "output", os.O_RDONLY)
    try:
        return encrypted.key_of(folder)
    finally:
        os.close(folder)


def test_a_kill_leaves_no_key(disk: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the run that is killed is a process of its own
    with disk.mounted() as folder:
        _, store = made(folder / "data")
        with killed(disk, store) as key:
            assert key
            output = store.data / "output"
            wait_for(lambda: not list(output.glob("canary-name-*")), "the key to be destroyed")
            with pytest.raises(OSError, match="Required key not available"):
                (output / "more.png").touch()
            assert cleanup.journal_of(store).roots()[0].key == key
            cleanup.resume(store, 60)
        assert list(output.iterdir()) == []
        (output / "more.png").touch()
    assert disk.found(tmp_path) == NOTHING


def test_what_a_hostile_workload_leaves_goes_without_its_key(disk: Image, tmp_path: Path) -> None:
    """Too deep for paths and descriptors, closed folders, longest names, pipes, second names: nothing may need the key."""
    with disk.mounted() as folder:
        settings, store = made(folder / "data")
        run = Cleanup(settings, store)
        run.begin()
        run.ran = True
        output, victim = store.data / "output", store.data / "input" / "victim"
        victim.write_bytes(b"of somebody else")
        deep(output, 2_000)
        for number in range(300):
            (output / f"{number:0>255}").write_bytes(b"x")
            (output / f"folder-{number}" / "in" / "it").mkdir(parents=True)
        (output / "link").symlink_to(victim)
        (output / "folder").symlink_to(store.data / "input")
        os.mkfifo(output / "pipe")
        os.link(output / f"{0:0>255}", output / "second")
        (output / "closed").mkdir(mode=0)
        run.finish()
        assert list(output.iterdir()) == []
        assert victim.read_bytes() == b"of somebody else"


def test_what_cannot_be_removed_is_named_and_has_no_key(disk: Image) -> None:
    with disk.mounted() as folder:
        settings, store = made(folder / "data")
        run = Cleanup(settings, store)
        run.begin()
        run.ran = True
        stays = store.data / "output" / "album" / "stays.png"
        stays.parent.mkdir()
        stays.write_bytes(b"canary-prompt-0001")
        subprocess.run(["chattr", "+i", str(stays)], check=True)
        with pytest.raises(CatalystError, match="its key is gone; not removed: operation not permitted"):
            run.finish()
        assert not stays.exists()
        left = [path for path in (store.data / "output").rglob("*") if path.is_file()]
        assert len(left) == 1
        with pytest.raises(OSError, match="Required key not available"):
            left[0].read_bytes()


def test_a_file_that_is_open_elsewhere_is_said(disk: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (encrypted, encryption):
        monkeypatch.setattr(module, "PATIENCE", 0.2)
    with disk.mounted() as folder:
        settings, store = made(folder / "data")
        run = Cleanup(settings, store)
        run.begin()
        run.ran = True
        with (store.data / "output" / "open.png").open("wb") as stream:
            stream.write(b"canary-prompt-0001")
            with pytest.raises(CatalystError, match="files are still open"):
                run.finish()
        cleanup.resume(store, 60)
        assert list((store.data / "output").iterdir()) == []


def test_a_start_that_failed_leaves_a_plain_folder(disk: Image) -> None:
    with disk.mounted() as folder:
        settings, store = made(folder / "data")
        run = Cleanup(settings, store)
        run.begin()
        assert _key(store)
        run.finish()
        assert not _key(store)
        (store.data / "output" / "picture.png").touch()
        assert cleanup.journal_of(store).roots() == ()
