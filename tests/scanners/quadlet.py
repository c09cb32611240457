"""podman's own generator, the program `quadlet` out of Debian's package. Debian 12's podman is 4.3, which has none; the next
one's is linked to nothing but the C library, and runs on both."""

import hashlib
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

SUITE = "trixie"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "catalyst-tests"


@cache
def program() -> Path:
    """Where it is: fetched once, through apt and so by Debian's signatures, from the archive that this machine uses."""
    sources = f"deb [signed-by={KEYRING}] {_archive()} {SUITE} main\n"
    found = CACHE / f"quadlet-{hashlib.sha256(sources.encode()).hexdigest()[:12]}"
    if not found.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            part = _fetched(Path(folder), sources)
            part.rename(found)
    return found


def _archive() -> str:
    """Its main archive; the other pockets have folders of their own."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"]
    listed = subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return next(uri for uri, release, part in map(str.split, listed) if (release, part) == ("bookworm", "main"))


def _fetched(folder: Path, sources: str) -> Path:
    """The program out of the package, with lists and a status of their own: nothing of the machine's is changed."""
    for name in ("lists/partial", "cache/archives/partial", "parts"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(sources)
    options = {"Dir::Etc::sourcelist": "sources.list", "Dir::Etc::sourceparts": "parts", "Dir::State::lists": "lists",
               "Dir::State::status": "status", "Dir::Cache": "cache"}  # fmt: skip
    apt = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", *(f"-o{key}={folder / name}" for key, name in options.items())]
    subprocess.run([*apt, "update"], check=True, capture_output=True, timeout=300)
    subprocess.run([*apt, "download", "podman"], cwd=folder, check=True, capture_output=True, timeout=300)
    (package,) = folder.glob("podman_*.deb")
    subprocess.run(["dpkg-deb", "--extract", package, folder / "root"], check=True, timeout=300)
    return folder / "root/usr/libexec/podman/quadlet"


def services(units: Path, *, user: bool) -> tuple[Mapping[str, str], str]:
    """The text of each service that it makes of a folder's units, and what it says beside."""
    argv = [str(program()), "-dryrun", *(["-user"] if user else [])]
    done = subprocess.run(argv, env={"QUADLET_UNIT_DIRS": str(units), "PATH": "/usr/bin:/bin"}, capture_output=True,
                          text=True, check=False, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(re.findall(r"^---(\S+)\.service---\n(.*?)(?=^---|\Z)", done.stdout, re.DOTALL | re.MULTILINE)), done.stderr


def command(service: str) -> list[str]:
    """The words of ExecStart= as systemd would start them, but for the specifiers."""
    (line,) = re.findall(r"^ExecStart=(.*)$", service, re.MULTILINE)
    return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line)]
