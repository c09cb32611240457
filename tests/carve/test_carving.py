"""What comes back from a disk, by three carvers and a search of the raw image: after rm everything, after us nothing.

Where an overwrite is worthless the certificate has to say so, and these tests hold its words against what is found.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from carve import images
from carve.images import COUNT, Image
from support import COMMAND, own_environment

pytestmark = pytest.mark.lane("carve")
CARVERS = ("foremost", "photorec", "scalpel")
WITHOUT_TRIM = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")  # only root may trim


def wipe(folder: Path, *before: str) -> dict[str, Any]:
    """The real command, `before` it another; the certificate's entry of `folder`."""
    done = subprocess.run([*before, *COMMAND, "wipe", str(folder), "--yes", "--json"], capture_output=True, text=True,
                          env=own_environment(), timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["paths"][0]
    return found


@pytest.fixture
def disk(tmp_path: Path) -> Image:
    return images.make(tmp_path, "ext4")


def test_after_rm_everything_comes_back(disk: Image, tmp_path: Path) -> None:
    """The negative control: a search that finds nothing here could find nothing at all."""
    with disk.mounted() as folder:
        disk.draw(folder / "output")
        shutil.rmtree(folder / "output")
        os.sync()
    found = disk.found(tmp_path)
    assert {name: found[name] for name in CARVERS} == dict.fromkeys(CARVERS, COUNT)
    assert (found["prompts"], found["names"]) == (COUNT + 1, COUNT)


def test_after_the_wiper_nothing_does(disk: Image, tmp_path: Path) -> None:
    with disk.mounted() as folder:
        disk.draw(folder / "output")
        entry = wipe(folder / "output")
        os.sync()
    found = disk.found(tmp_path)
    assert {name: found[name] for name in (*CARVERS, "prompts")} == dict.fromkeys((*CARVERS, "prompts"), 0)
    assert (entry["category"], entry["overwritten"]) == ("Clear, best effort, file level", COUNT + 1)
    assert any("names" in what for what in entry["not_promised"]) or found["names"] == 0


def test_freed_blocks_are_trimmed_and_the_certificate_says_so(disk: Image, tmp_path: Path) -> None:
    """An image on a loop device is a thin disk: what is trimmed is a hole. By root, by the mount option, or not at all."""
    with disk.mounted() as folder:
        disk.draw(folder / "output")
        before = disk.file.stat().st_blocks * 512
        said = wipe(folder / "output")["trim"]
        os.sync()
        assert said.startswith("free space was trimmed, ")
        assert before - disk.file.stat().st_blocks * 512 > COUNT * images.SIZE // 2
    with disk.mounted("discard") as folder:
        disk.draw(folder / "output")
        assert wipe(folder / "output")["trim"] == "freed blocks are discarded by the file system (mount option discard)"
        disk.draw(folder / "user")
        subprocess.run(["mount", "-o", "remount,nodiscard", str(folder)], check=True)
        assert wipe(folder / "user", *WITHOUT_TRIM)["trim"] == "free space was not trimmed: only root may"


def test_a_wiping_that_was_killed_is_finished_by_the_next(disk: Image, tmp_path: Path) -> None:
    with disk.mounted() as folder:
        disk.draw(folder / "output")
        for number in range(4000):  # so many that the kill comes before the end, on a busy machine too
            (folder / "output" / f"more-{number}").write_bytes(os.urandom(2_000))
        os.sync()
        began = len(list((folder / "output").iterdir()))
        process = subprocess.Popen([*COMMAND, "wipe", str(folder / "output"), "--yes"], env=own_environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        end = time.monotonic() + 60
        while len(list((folder / "output").iterdir())) > began - 20 and time.monotonic() < end:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        left = [path for path in (folder / "output").rglob("*") if path.is_file()]
        assert left, "it was done before it was killed"
        wipe(folder / "output")
        assert list((folder / "output").iterdir()) == []
    found = disk.found(tmp_path)
    assert {name: found[name] for name in (*CARVERS, "prompts")} == dict.fromkeys((*CARVERS, "prompts"), 0)


def test_a_full_disk_is_wiped_all_the_same(disk: Image, tmp_path: Path) -> None:
    with disk.mounted() as folder:
        disk.draw(folder / "output")
        _fill(folder)
        entry = wipe(folder / "output")
        assert (entry["complete"], entry["not_wiped"]) == (True, 0)
    found = disk.found(tmp_path)
    assert {name: found[name] for name in (*CARVERS, "prompts")} == dict.fromkeys((*CARVERS, "prompts"), 0)


def _fill(folder: Path) -> None:
    """To the last block and the last inode."""
    with (folder / "filler").open("wb", buffering=0) as stream:
        for size in (1 << 20, 4096, 512):
            try:
                while True:
                    stream.write(os.urandom(size))
            except OSError:
                continue
    try:
        for number in range(1_000_000):
            (folder / f"i{number}").touch()
    except OSError:
        return


@pytest.mark.parametrize("kind", ["btrfs", "data=journal"])
def test_where_it_is_worthless_the_certificate_says_so(tmp_path: Path, kind: str) -> None:
    disk = images.make(tmp_path, "btrfs" if kind == "btrfs" else "ext4")
    # A disk that is never trimmed: btrfs trims a loop device by itself, sooner or later.
    with disk.mounted("nodiscard", *([] if kind == "btrfs" else [kind])) as folder:
        disk.draw(folder / "output")
        entry = wipe(folder / "output", *WITHOUT_TRIM)
        os.sync()
    assert disk.found(tmp_path)["prompts"] > 0, "it holds after all: promise it"
    assert entry["category"].startswith("none")
    assert kind in entry["not_promised"][0]


def test_a_file_of_a_lower_layer(disk: Image, tmp_path: Path) -> None:
    with disk.mounted() as folder:
        disk.draw(folder / "lower")
        for name in ("upper", "work", "merged"):
            (folder / name).mkdir()
        layers = f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(folder / "merged")], check=True)
        try:
            (folder / "merged" / "more").mkdir()
            shutil.copy(folder / "merged" / "workflow.json", folder / "merged" / "more")
            entry = wipe(folder / "merged" / "more")
        finally:
            subprocess.run(["umount", str(folder / "merged")], check=True)
        os.sync()
    assert disk.found(tmp_path)["prompts"] > 0
    assert entry["category"].startswith("none")
    assert "lower layer" in entry["not_promised"][0]
