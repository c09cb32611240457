"""A mount inside what is wiped leads out of it: a bind mount of the same file system has the same st_dev, so
`rm -rf --one-file-system` deletes what lies behind it."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from attacks.wiping import SECRET, tree
from support import COMMAND, own_environment

PRIVATE = ["unshare", "--user", "--map-root-user", "--mount"]
ALLOWED = shutil.which("unshare") and subprocess.run([*PRIVATE, "true"], capture_output=True).returncode == 0
needs_namespace = pytest.mark.skipif(not ALLOWED, reason="this user may not make a mount namespace")


def wiping(folder: Path, before: str) -> "subprocess.CompletedProcess[str]":
    script = f'{before} && shift && exec "$@"'
    command = [*PRIVATE, "sh", "-c", script, "sh", str(folder), *COMMAND, "wipe", str(folder), "--yes", "--json"]
    return subprocess.run(command, capture_output=True, text=True, env=own_environment(), timeout=60)


@needs_namespace
@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_mount_inside_is_not_entered(tmp_path: Path, kind: str) -> None:
    folder, victim = tree(tmp_path)
    source = victim
    if kind == "folder":
        source = tmp_path / "outside"
        source.mkdir()
        victim = source / "file"
        victim.write_bytes(SECRET)
        (folder / "mount").mkdir()
    else:
        (folder / "mount").touch()
    (folder / "beside").write_bytes(SECRET)
    done = wiping(folder, f'mount --bind "{source}" "$1/mount"')
    counts = json.loads(done.stdout)["paths"][0]
    assert victim.read_bytes() == SECRET
    assert (done.returncode, counts["overwritten"], counts["not_wiped"]) == (1, 1, 1), done
    assert [one["why"] for one in counts["exceptions"]] == ["a mount point"]
    assert [one.name for one in folder.iterdir()] == ["mount"]


@needs_namespace
def test_a_mount_point_is_no_root(tmp_path: Path) -> None:
    folder, victim = tree(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(SECRET)
    done = wiping(folder, f'mount --bind "{outside}" "$1"')
    assert done.returncode == 1
    assert "a mount point" in done.stderr
    assert (outside / "file").read_bytes() == SECRET
    assert victim.exists()


@needs_namespace
def test_a_read_only_file_system_is_said(tmp_path: Path) -> None:
    folder, _ = tree(tmp_path)
    (folder / "a").mkdir()
    (folder / "a" / "file").write_bytes(SECRET)
    done = wiping(folder, 'mount --bind "${1%/*}" "${1%/*}" && mount -o remount,ro,bind "${1%/*}"')
    found = json.loads(done.stdout)
    assert (done.returncode, found["complete"]) == (1, False)
    assert {one["why"] for one in found["paths"][0]["exceptions"]} == {"read-only file system"}
    assert (folder / "a" / "file").read_bytes() == SECRET
