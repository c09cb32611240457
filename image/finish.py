"""Steps of the image's build that a shell cannot do safely, with the standard library and pip alone.

finish.py path ENV FOLDER    packages of FOLDER can be imported in the virtual environment ENV
finish.py least TREE VERSION exit 1 unless the ComfyUI in TREE is VERSION or newer
finish.py meets FILE         exit 1 unless each requirement in FILE is met by what is installed with this interpreter
finish.py close TREE EPOCH   TREE is root's, nobody may write it, compiled, and every time in it is EPOCH (seconds)
"""

import compileall
import importlib.metadata
import os
import py_compile
import re
import sys
from pathlib import Path


def path(environment: str, folder: str) -> None:
    """Write the .pth file."""
    (site,) = Path(environment).glob("lib/python3*/site-packages")
    (site / "catalyst.pth").write_text(f"{folder}\n", encoding="utf-8")


def least(tree: str, wanted: str) -> None:
    """As ComfyUI writes it down itself, read as text."""
    text = Path(tree, "comfyui_version.py").read_text(encoding="utf-8", errors="replace")
    found = re.search(r'__version__\s*=\s*"(\d+(?:\.\d+)*)', text)
    if found is None or _numbers(found[1]) < _numbers(wanted):
        sys.exit(f"catalyst: error: this ComfyUI is {found[1] if found else 'of unknown version'}, older than {wanted}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def meets(file: str) -> None:
    """Versions only: what was installed was chosen by hashes."""
    from pip._vendor.packaging.requirements import Requirement  # this interpreter's own pip

    missing = []
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if not text:
            continue
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        try:
            found = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            found = ""
        if not found or not wanted.specifier.contains(found, prereleases=True):
            missing.append(f"{text} (here: {found or 'nothing'})")
    if missing:
        sys.exit("catalyst: error: not met: " + ", ".join(missing))


def close(tree: str, epoch: str) -> None:
    """Code is compiled against its own hash, so that neither time nor place is in the result."""
    compileall.compile_dir(tree, quiet=2, workers=0, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    for folder, folders, files in os.walk(tree, topdown=False):
        for one in (*(Path(folder, name) for name in (*files, *folders)), Path(folder)):
            os.chown(one, 0, 0, follow_symlinks=False)
            if not one.is_symlink():
                one.chmod(0o555 if one.is_dir() or one.stat().st_mode & 0o100 else 0o444)
            os.utime(one, (int(epoch), int(epoch)), follow_symlinks=False)


if __name__ == "__main__":
    {"path": path, "least": least, "meets": meets, "close": close}[sys.argv[1]](*sys.argv[2:])
