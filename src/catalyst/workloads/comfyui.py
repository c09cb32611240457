"""ComfyUI: where it is, which version, and the line that starts it (knowledge: comfyui.md §2, §6, §8)."""

import os
import re
from pathlib import Path

from catalyst.errors import PathRefused
from catalyst.policy.model import Place
from catalyst.settings import Level, NetworkMode, Settings
from catalyst.workloads import interpreter
from catalyst.workloads.interpreter import Interpreter
from catalyst.workloads.model import BASE_ENV, DATA, PACKAGE, SCRATCH, Mount, Workload, places

CODE = "/opt/comfyui"
NODE_PACKAGES = f"{DATA}/{Place.PACKAGES.value}"
# Four HTTP flaws (CVE-2026-56670 to 56673) and the pickle through an upload (CVE-2026-68771) are fixed from here on.
FIXED = (0, 28, 0)
# What the image is built from, too (image/Dockerfile). By its commit, for a tag moves.
RELEASE, COMMIT = "0.38.0", "6b747c0428c343e1417219641db93a4fb7cb69ae"
SOURCE = "https://github.com/Comfy-Org/ComfyUI.git"


def find(settings: Settings) -> Path | None:
    """The checkout to run: the one named, else that of the data directory, else that of an image; None where there is none.

    Raises PathRefused when the one that was named cannot serve.
    """
    if settings.comfyui:
        tree = Path(settings.comfyui)
        try:
            (tree / "main.py").stat()
            (tree / "comfyui_version.py").stat()
        except (OSError, ValueError) as error:
            why = f"not a ComfyUI checkout: {getattr(error, 'filename', tree)}: {getattr(error, 'strerror', error)}"
            raise PathRefused("COMFYUI_PATH", settings.comfyui, why.lower(),
                              f"git clone --depth 1 --branch v{RELEASE} {SOURCE} DIR") from error  # fmt: skip
        return tree
    for own in (Path(settings.data) / "comfyui", Path(CODE)):
        if (own / "main.py").is_file() and (own / "comfyui_version.py").is_file():
            return own
    return None


def version(tree: Path) -> tuple[int, ...]:
    """The checkout's version, read as text; empty when it cannot be told. Nothing of it is imported."""
    descriptor = os.open(tree / "comfyui_version.py", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        text = os.read(descriptor, 4096).decode(errors="replace")
    finally:
        os.close(descriptor)
    found = re.search(r'__version__\s*=\s*"(\d+(?:\.\d+)*)', text)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def notices(settings: Settings, tree: Path) -> list[str]:
    """What the owner should know about this start."""
    said, found = [], version(tree)
    if found < FIXED:
        named = ".".join(map(str, found)) or "of unknown version"
        fixed = ".".join(map(str, FIXED))
        said.append(f"ComfyUI {named} is older than {fixed} and has known flaws (CVE-2026-56670 and others)")
    if settings.security_level is not Level.NORMAL and _has_manager(Path(settings.data) / Place.CUSTOM_NODES.value):
        # tests/live/test_manager.py shows it
        said.append("ComfyUI-Manager installs nothing at this level, and at its start it runs commands from a file in the "
                    "user folder, which a node can write: move it out of custom_nodes")  # fmt: skip
    return said


def _has_manager(nodes: Path) -> bool:
    try:
        return any("comfyui-manager" in node.name.lower().replace("_", "-") for node in nodes.iterdir())
    except OSError:
        return False


def python(settings: Settings, tree: Path) -> Interpreter | None:
    """The interpreter with ComfyUI's packages: named, beside the checkout, or made by Catalyst; None if none exists."""
    if settings.python:
        return interpreter.of(settings.python)
    for folder in (tree / "venv", tree / ".venv"):
        if (folder / "bin" / "python").exists():
            return interpreter.of(str(folder / "bin" / "python"))
    return interpreter.installed(made(settings)) if made(settings).is_dir() else None


def made(settings: Settings) -> Path:
    """The virtual environment Catalyst makes where the owner has none."""
    return Path(settings.data) / "venv"


def workload(settings: Settings, tree: Path, python: Interpreter, port: int) -> Workload:
    """ComfyUI on loopback `port`, everything it writes redirected to the places and to memory."""
    extra = ("--disable-api-nodes",) if settings.network_mode > NetworkMode.PUBLIC else ()
    first, more = _start(settings, python)
    metadata = ("--disable-metadata",) if settings.disable_metadata else ()
    return Workload(
        name="comfyui",
        argv=(
            *first, "-u", f"{CODE}/main.py", "--listen", "127.0.0.1", "--port", str(port),
            "--base-directory", DATA, "--user-directory", f"{DATA}/user", "--output-directory", f"{DATA}/output",
            "--input-directory", f"{DATA}/input", "--temp-directory", SCRATCH,
            "--database-url", f"sqlite:///{DATA}/user/comfyui.db", "--max-upload-size", str(settings.max_upload),
            *extra, *metadata, *settings.comfyui_flags,
        ),
        env={**BASE_ENV, **_offline(settings), **more},
        cwd=CODE,
        mounts=(Mount(str(tree), CODE), *python.mounts, *places(settings.data)),
        port=port,
        stop_signal="SIGINT",  # the only signal ComfyUI cleans up on
        grace=settings.grace,
    )  # fmt: skip


def _start(settings: Settings, python: Interpreter) -> tuple[tuple[str, ...], dict[str, str]]:
    """First words and variables: at `normal` nodes may install packages (guard/packages.py), from `high` on not."""
    if settings.security_level is not Level.NORMAL:
        return (python.executable,), {}
    words = (python.executable, "-I", f"{PACKAGE}/guard/packages.py", NODE_PACKAGES)
    return words, {"UV_OVERRIDE": f"{NODE_PACKAGES}/installed.txt"}


def _offline(settings: Settings) -> dict[str, str]:
    """Clear errors instead of time-outs where there is no way out. They are manners, not a boundary."""
    if settings.network_mode is not NetworkMode.ISOLATED:
        return {}
    return {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "YOLO_OFFLINE": "true", "PIP_NO_INDEX": "1"}
