"""Packages that nodes install, apart from the owner's: run by the workload, before ComfyUI, where it may write them.

`python -I packages.py FOLDER WORDS…` makes FOLDER a virtual environment that also sees the packages of the interpreter
it is run with, and goes on as `FOLDER/bin/python WORDS…`. pip then installs into FOLDER, takes what the owner has as
installed already, and never tries to replace it, which it could not: the owner's environment is read-only.

The folder is the workload's own, so this must never run as anybody else: links in it would lead the guard astray.
"""

import os
import site
import sys

# uv looks for packages in FOLDER alone, and would fetch ComfyUI's own again, torch among them. An override with a
# condition that never holds takes a package out of what it installs.
INSTALLED = "installed.txt"
NEVER = "python_version < '0'"


def make(folder: str) -> str:
    """The interpreter of the environment in `folder`, made or made anew around what is installed there."""
    base: str = getattr(sys, "_base_executable", None) or sys.executable
    own = f"{folder}/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    sites = [path for path in site.getsitepackages() if os.path.isdir(path)]
    os.makedirs(own, exist_ok=True)
    os.makedirs(f"{folder}/bin", exist_ok=True)
    _write(f"{folder}/pyvenv.cfg", f"home = {os.path.dirname(base)}\ninclude-system-site-packages = false\n")
    # addsitedir, not the bare path: the owner's environment may have .pth files of its own
    _write(f"{own}/owner.pth", "".join(f"import site; site.addsitedir({path!r})\n" for path in sites))
    _write(f"{folder}/{INSTALLED}", "".join(f"{name}; {NEVER}\n" for name in _installed(sites)))
    for name in ("python", "python3"):
        _link(base, f"{folder}/bin/{name}")
    return f"{folder}/bin/python"


def _installed(sites: list[str]) -> list[str]:
    """Names of the packages in `sites`; the folder of one is NAME-VERSION.dist-info, without a dash in its name."""
    found = (name for path in sites for name in os.listdir(path))
    return sorted({name.partition("-")[0] for name in found if name.endswith(".dist-info")})


def _write(path: str, text: str) -> None:
    _remove(path)
    with open(path, "x", encoding="utf-8") as file:
        file.write(text)


def _link(target: str, path: str) -> None:
    _remove(path)
    os.symlink(target, path)


def _remove(path: str) -> None:
    """Whatever a node left there, a pipe that would make us wait included."""
    if os.path.lexists(path):
        os.unlink(path)


def main(words: list[str]) -> None:
    """Does not return. Where the folder cannot be made the owner's packages serve alone, and that is said."""
    folder, *rest = words
    try:
        python = make(folder)
    except OSError as error:
        print(
            f"catalyst: nodes cannot install packages: {error.filename}: {error.strerror}", file=sys.stderr, flush=True
        )
        python = sys.executable
    os.execv(python, [python, *rest])  # noqa: S606 -- starting this program is what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
