"""What live tests of the way out share."""

import hashlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def clients() -> Path:
    """An interpreter with the clients' packages, made once from a lock file with hashes."""
    lock = HERE / "clients.lock"
    # Not below a home: docker makes the parents of what is mounted there, closed to others.
    home = Path("/var/tmp") / f"catalyst-tests-clients-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        # Debian's interpreter, which the image has too.
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", home], check=True)
        install = ["install", "-q", "--require-hashes", "--only-binary=:all:", "-r", str(lock)]
        subprocess.run([str(python), "-m", "pip", *install], check=True)
        (home / "ready").touch()
    return python


@pytest.fixture
def net() -> Iterator[Path]:
    """A folder for an internet, whose path is short: it holds sockets."""
    with tempfile.TemporaryDirectory(prefix="net-") as folder:
        yield Path(folder)
