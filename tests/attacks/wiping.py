"""What the attacks on the wiper share."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from catalyst.wipe.wipe import open_all, wipe
from catalyst.wipe.wiper import Budget

SECRET = b"a prompt nobody may read" * 100


def wiped(*roots: Path, budget: Budget | None = None) -> dict[str, Any]:
    """Wipe them and answer the counts of the first."""
    entry = wipe(open_all([str(root) for root in roots]), budget or Budget())[0]
    assert entry.counts is not None
    return entry.counts


def tree(tmp_path: Path) -> tuple[Path, Path]:
    """A folder to wipe, and a file outside that must not be touched."""
    victim = tmp_path / "victim"
    victim.write_bytes(SECRET)
    folder = tmp_path / "wiped"
    folder.mkdir()
    return folder, victim


@contextmanager
def attacker(program: str, *words: str) -> Iterator[None]:
    """A hostile process beside us, until the block ends. It says when it has begun."""
    code = f"import os, sys\nargs = sys.argv[1:]\nprint(flush=True)\n{program}"
    process = subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        assert process.poll() is None, "the attacker ended by itself, so nothing was attacked"
    finally:
        process.kill()
        process.communicate()


def rounds(least: int) -> int:
    """How often a race is run: `least`, or more by CATALYST_TEST_ROUNDS."""
    return max(least, int(os.environ.get("CATALYST_TEST_ROUNDS", "0")))
