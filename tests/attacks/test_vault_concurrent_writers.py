"""100 writers at once: each one's token is in the vault at the end. Without the lock, most are lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from catalyst.vault import vault
from vaults import ask, fresh

WRITERS = 100
ROOT = Path(__file__).parents[1]
CROWD = """
import contextlib, os, sys
sys.path.insert(0, sys.argv[1])
from vaults import ask, new, unlock
from catalyst.vault import files, vault
path, writers = sys.argv[2], int(sys.argv[3])
if sys.argv[4] == "unlocked":
    files.Folder.locked = lambda self: contextlib.nullcontext()
key = unlock(path)
reading, writing = os.pipe()
children = []
for number in range(writers):
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)  # until all are there
        try:
            vault.put(path, key, [new(f"T{number}")], ask)
        finally:
            os._exit(0)
    children.append(child)
os.close(writing)
for child in children:
    os.waitpid(child, 0)
"""


def crowd(path: str, kind: str) -> None:
    done = subprocess.run([sys.executable, "-P", "-c", CROWD, str(ROOT), path, str(WRITERS), kind], capture_output=True,
                          text=True, timeout=600, env=dict(os.environ))  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("kind", ["locked", "unlocked"])
def test_no_update_is_lost(tmp_path: Path, kind: str) -> None:
    path, key = fresh(tmp_path / "v")
    crowd(path, kind)
    found = vault.contents(path, key, ask)
    if kind == "locked":
        assert {one.name for one in found.entries} == {f"T{number}" for number in range(WRITERS)}
        assert found.generation == WRITERS + 1
    else:
        assert len(found.entries) < WRITERS, "without the lock nothing was lost, so this test would see nothing"
