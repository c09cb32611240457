"""Other people's scanners, installed apart from us: their packages must not decide the versions of ours."""

import hashlib
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder with the programs, made once from a lock file with hashes."""
    lock = Path(__file__).parent / "tools.lock"
    home = Path("/var/tmp") / f"catalyst-tests-scanners-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not (home / "ready").exists():
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", home], check=True)
        install = ["install", "-q", "--require-hashes", "--only-binary=:all:", "-r", str(lock)]
        subprocess.run([str(home / "bin/python"), "-m", "pip", *install], check=True)
        (home / "ready").touch()
    return home / "bin"
