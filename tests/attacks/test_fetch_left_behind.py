"""What a downloader that was taken over leaves in its staging folder, or a workload at `normal`: a folder in the place of
the request stopped every later fetch, and one with gigabytes in it lay there for good."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from catalyst.models.fetch.shelf import Shelf
from support import open_to_all

UID = 65534 if os.geteuid() == 0 else os.geteuid()


def one(staging: Path) -> None:
    (staging / "request.json").mkdir()


def full(staging: Path) -> None:
    (staging / "a.part/b/c").mkdir(parents=True)
    (staging / "a.part/b/c/d").write_bytes(b"x" * 1000)
    (staging / "a.part/b/link").symlink_to("/etc")
    os.mkfifo(staging / "a.part/pipe")


def deep(staging: Path) -> None:
    """Deeper than a path can say, and than Python calls itself."""
    above = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(3000):
        os.mkdir("a", dir_fd=above)
        below = os.open("a", os.O_RDONLY | os.O_DIRECTORY, dir_fd=above)
        os.close(above)
        above = below
    os.close(above)


def closed(staging: Path) -> None:
    (staging / "a/b").mkdir(parents=True)
    (staging / "a/b").chmod(0)
    (staging / "a").chmod(0)


def second_name(staging: Path) -> None:
    """The downloader would write into it as its own part."""
    os.link(staging.parent / "precious", staging / f"{'a' * 24}.part")


@pytest.mark.parametrize("leave", [one, full, deep, closed, second_name])
def test_it_is_swept(tmp_path: Path, leave: Callable[[Path], None]) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "precious").write_bytes(b"mine")
    shelf = Shelf(models, (UID, UID))
    leave(models / ".fetch")
    assert os.listdir(shelf.staging), "the control"  # noqa: PTH208 -- names
    try:
        shelf.sweep()
        assert os.listdir(shelf.staging) == []  # noqa: PTH208 -- of a folder held open
        assert (models / "precious").read_bytes() == b"mine"
    finally:
        shelf.close()
        subprocess.run(["rm", "-rf", models], check=True)  # pytest cannot, at such a depth


AS_ANOTHER = """
import os, sys
from pathlib import Path
from attacks.test_fetch_left_behind import UID, closed
from catalyst.models.fetch.shelf import Shelf
os.setgid(UID)
os.setuid(UID)
models = Path(sys.argv[1])
shelf = Shelf(models, (UID, UID))
closed(models / ".fetch")
shelf.sweep()
print(list((models / ".fetch").iterdir()))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can be another user")
def test_by_its_owner_too(tmp_path: Path) -> None:
    """Whom a closed folder stops, as it does not root."""
    open_to_all(tmp_path)
    (tmp_path / "models").mkdir()
    os.chown(tmp_path / "models", UID, UID)
    words = [sys.executable, "-c", AS_ANOTHER, str(tmp_path / "models")]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.stdout == "[]\n", done.stderr
