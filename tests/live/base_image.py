"""The image of the live tests, made from the machine's own Debian archive: no image registry is needed.

`python tests/live/base_image.py [CACHE]` prints where the tar is, making it first if need be.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

SUITE = "bookworm"
USER = "1000:1000"

# The host's virtual environment with torch is mounted into the image, so the image needs the interpreter of that
# environment (bookworm's python3) and the system libraries that its wheels link to and do not bring along. Those
# are libstdc++6, zlib1g and libgcc-s1, which the second brings: torch has its libgomp inside.
PACKAGES = ("python3", "ca-certificates", "libstdc++6", "zlib1g")

# What the image that Catalyst runs in has besides, and the stand-in for the one that builds: one tar serves both.
TOOLS = ("curl", "git", "python3-venv")

# mmdebstrap runs each with the root file system as $1.
HOOKS = (
    'chroot "$1" useradd --create-home --uid 1000 --user-group comfyuser',
    # mmdebstrap copies both from the host. Engines write their own, so the image names neither host nor resolver.
    'truncate --size 0 "$1/etc/hostname" "$1/etc/resolv.conf"',
)


def default_cache() -> Path:
    """Where the tar is kept between runs unless the caller names a folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "catalyst-tests"


def base_tar(cache: Path, *more: str) -> Path:
    """The tar of a minimal Debian root file system with Python and a `comfyuser`; made once (20 s), then reused.
    `more` packages make it another one."""
    command = [
        "mmdebstrap", "--variant=minbase", "--quiet", f"--include={','.join((*PACKAGES, *more))}",
        *(f"--customize-hook={hook}" for hook in HOOKS), SUITE,
    ]  # fmt: skip
    # The recipe is part of the name: a changed recipe is never answered from the cache.
    recipe = hashlib.sha256("\0".join(command).encode()).hexdigest()
    tar = cache / f"base-{recipe[:12]}.tar"
    if not tar.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as unfinished:
            # Renamed when whole, so that an interrupted or concurrent run leaves no half a tar behind.
            part = Path(unfinished) / "base.tar"
            subprocess.run([*command, str(part), "-"], input=_sources(), text=True, check=True)
            part.rename(tar)
    return tar


def import_image(engine_argv: Sequence[str], tar: Path, tag: str, *changes: str) -> None:
    """Make `tar` the image `tag` of an engine, given as its command line (`["docker"]`), unless the tag exists.
    `changes` are further lines as a Dockerfile has them."""
    known = subprocess.run([*engine_argv, "image", "inspect", tag], capture_output=True, check=False)
    if known.returncode != 0:
        subprocess.run(
            [*engine_argv, "import", *(word for line in (f"USER {USER}", *changes) for word in ("--change", line)), str(tar),
             tag], stdout=subprocess.DEVNULL, check=True
        )  # fmt: skip


def _sources() -> str:
    """The host's own apt sources of the suite, so that a mirror or a registry set up there is used here too.

    Third parties' archives stay out: Debian's keys, the only ones that mmdebstrap trusts, do not sign them.
    """
    # No package's index is needed on the host: this lists what its sources say, downloaded or not.
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
        stdout=subprocess.PIPE, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    ours = {f"{SUITE}{pocket} main" for pocket in ("", "-updates", "-security")}
    return "".join(f"deb {line}\n" for line in listed if line.partition(" ")[2] in ours)


if __name__ == "__main__":
    print(base_tar(Path(sys.argv[1]) if len(sys.argv) > 1 else default_cache()))
