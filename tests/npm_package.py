"""Packages of npm's registry that tests need: fetched once, kept outside the repository, compared with their hash."""

import hashlib
import os
import subprocess
from pathlib import Path


def packed(name: str, version: str, sha256: str) -> Path:
    """The archive of one version of a package."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "catalyst-tests"
    file = cache / f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=cache, check=True, timeout=300,
                       stdout=subprocess.DEVNULL)  # fmt: skip
    assert hashlib.sha256(file.read_bytes()).hexdigest() == sha256
    return file
