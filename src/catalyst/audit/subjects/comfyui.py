"""A ComfyUI checkout, read and never imported: versions, ComfyUI-Manager's level, and what its packs of nodes consist
of."""

import configparser
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from catalyst.audit.facts import ComfyUI
from catalyst.audit.run import Subject
from catalyst.errors import CatalystError, PathRefused

VERSION = "comfyui_version.py"
MOST_TEXT, MOST_FILES = 1 << 20, 20_000
MANAGERS = ("ComfyUI-Manager", "comfyui-manager", "comfyui_manager")
CONFIGS = ("user/__manager/config.ini", "user/default/ComfyUI-Manager/config.ini",
           *(f"custom_nodes/{name}/config.ini" for name in MANAGERS))  # fmt: skip
CODE = {".py", ".pyc", ".so", ".js", ".sh", ".toml", ".txt", ".json"}


def read(folder: str, recorded: Mapping[str, str] | None = None) -> Subject:
    """The facts of a checkout. Raises PathRefused where it is none."""
    root = Path(folder)
    found = re.search(r"""__version__\s*=\s*["']([^"']+)["']""", _text(root / VERSION))
    if not found:
        raise PathRefused("SUBJECT", folder, "no ComfyUI: comfyui_version.py has no version", "name ComfyUI's own folder")
    undone: list[str] = []
    facts = ComfyUI(
        version=found[1], manager=_manager(root), manager_level=_level(root), torch=_installed(root, "torch"),
        impact_pack=_pack_version(root, ("ComfyUI-Impact-Pack", "comfyui-impact-pack")),
        packs=_packs(root, undone), recorded=recorded,
    )  # fmt: skip
    return Subject("comfyui", folder, (facts,), tuple(undone))


def example(text: str) -> ComfyUI:
    """Facts from lines `field = value`, for the examples of checks."""
    given: dict[str, Any] = {}
    for line in text.splitlines():
        name, _, value = line.partition(" = ")
        given[name] = json.loads(value) if name in {"packs", "recorded"} else value
    return ComfyUI(**given)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(MOST_TEXT).decode("utf-8", "replace")
    except OSError:
        return ""


def _pack_version(root: Path, names: tuple[str, ...]) -> str:
    """The version in a pack's pyproject.toml; "" where the pack is not there, "?" where it says none."""
    for name in names:
        folder = root / "custom_nodes" / name
        if folder.is_dir():
            found = re.search(r"""^version\s*=\s*["']([^"']+)["']""", _text(folder / "pyproject.toml"), re.MULTILINE)
            return found[1] if found else "?"
    return ""


def _manager(root: Path) -> str:
    return _pack_version(root, MANAGERS) or _installed(root, "comfyui_manager") or ""


def _level(root: Path) -> str:
    for name in CONFIGS:
        text = _text(root / name)
        if text:
            parser = configparser.ConfigParser(interpolation=None, strict=False)
            try:
                parser.read_string(text)
            except configparser.Error:
                return "unreadable"
            return parser.get("default", "security_level", fallback="normal").strip().lower()
    return ""


def _installed(root: Path, name: str) -> str:
    """Of the virtual environment beside the checkout; "" where there is none or it lacks the package."""
    for environment in ("venv", ".venv", "../venv"):
        for info in sorted((root / environment).glob(f"lib/python3*/site-packages/{name}-*.dist-info")):
            return info.name.removesuffix(".dist-info").partition("-")[2]
    return ""


def _packs(root: Path, undone: list[str]) -> dict[str, str]:
    """Each pack's digest over the names and contents of its files of code."""
    found = {}
    base = root / "custom_nodes"
    for entry in sorted(base.iterdir()) if base.is_dir() else ():
        if entry.name.startswith((".", "__pycache__")) or entry.name.endswith((".example", ".disabled")):
            continue
        digest = hashlib.sha256()
        for count, path in enumerate([entry] if entry.is_file() else _code(entry)):
            if count >= MOST_FILES:
                undone.append(f"{entry.name} has more than {MOST_FILES} files")
                break
            digest.update(os.fsencode(str(path.relative_to(base))) + b"\0")
            digest.update(_digest(path, undone))
        found[entry.name] = digest.hexdigest()
    return found


def _code(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if one not in {".git", "__pycache__"})
        yield from (Path(parent) / name for name in sorted(names) if Path(name).suffix in CODE)


def _digest(path: Path, undone: list[str]) -> bytes:
    """Of the content; of a link, of where it leads."""
    try:
        if path.is_symlink():
            return os.fsencode(str(path.readlink()))
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()
    except (OSError, ValueError) as error:
        undone.append(f"{path} could not be read: {getattr(error, 'strerror', None) or error}")
        return b""


def load_record(file: Path, folder: str) -> Mapping[str, str] | None:
    """What was recorded for a checkout; None where nothing was. Raises CatalystError where it is damaged."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        found = known.get(os.path.realpath(folder))
        return None if found is None else {str(key): str(value) for key, value in found.items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError) as error:
        raise CatalystError(f"what was recorded of node packs cannot be read: {error}", f"rm {file}") from error


def save_record(file: Path, folder: str, packs: Mapping[str, str]) -> None:
    """Record the packs of a checkout, beside what is recorded of others. Raises OSError."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    known[os.path.realpath(folder)] = dict(packs)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(known, indent=1), encoding="utf-8")
    new.replace(file)
