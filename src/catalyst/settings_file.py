"""catalyst.toml. It decides what is confined, so its owner and mode are checked, and where it lies."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalyst.errors import PathRefused, SettingsError, pasted, plain, shown

MAX_TOML = 64 * 1024
ACCEPT = "accept"  # tables that `catalyst audit` reads, and no setting
# Folders of a data directory that a workload may write (policy/model.py, Place); a test holds the two together.
PLACES = frozenset({"models", "custom_nodes", "packages", "input", "output", "user", "cache"})


def read(file: Path, keys: Mapping[str, bool], *, required: bool) -> dict[str, str]:
    """Its top-level keys as text. `keys` are the known ones, each with whether it may be a list. Raises SettingsError."""
    table = _table(file, required=required)
    table.pop(ACCEPT, None)
    for key, value in table.items():
        if key not in keys:
            raise SettingsError(
                f"{shown(str(file))} has the unknown key {shown(key)}", f"known keys: {', '.join(sorted(keys))}"
            )
        if keys[key] and isinstance(value, list) and all(isinstance(one, str) for one in value):
            table[key] = " ".join(value)
        elif not isinstance(value, str | int | bool):
            raise SettingsError(f"{shown(str(file))}: {key} must be a string, a number or a boolean", f'{key} = "…"')
        if type(value) is int and abs(value) >= 1 << 62:
            raise SettingsError(f"{shown(str(file))}: {key} is too large a number", f"{key} = 1")
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in table.items()}


def accepted(file: Path, *, required: bool) -> list[dict[str, Any]]:
    """The tables `[[accept]]` (docs/guides/audit.md). Raises SettingsError where they are no tables."""
    found = _table(file, required=required).get(ACCEPT, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise SettingsError(f"{shown(str(file))}: accept must be tables", "[[accept]] and below it id, reason, until")
    return found


def _table(file: Path, *, required: bool) -> dict[str, Any]:
    text = owned_text(file, "--config", required=required)
    if text is None:
        return {}
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError too: a number of more than 4300 digits
        raise SettingsError(f"{shown(str(file))} is not TOML: {plain(str(error)).lower()}",
                            f"mend it: nano {pasted(str(file))}") from error  # fmt: skip


def not_the_workloads(file: Path) -> None:
    """Raises PathRefused for a file inside a place of a data directory: the workload may have written it."""
    here = Path(os.path.realpath(file))
    if file.is_file() and any(up.name in PLACES and (up.parent / ".catalyst").exists() for up in here.parents):
        option = "--config" if file.name == "catalyst.toml" else "--models"
        raise PathRefused(file.name, str(here), "it lies where a workload may write",
                          f"cd out of there, or if it is yours: {option} {pasted(str(here))}")  # fmt: skip


def owned_text(file: Path, setting: str, *, required: bool) -> str | None:
    """The text of a file that nobody but its owner and root can have written; None where it is missing.

    Raises PathRefused, naming `setting`.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        if required:
            raise PathRefused(setting, str(file), "no such file", "give an existing file") from None
        return None
    except (OSError, ValueError) as error:
        raise PathRefused(setting, str(file), _why(error), "give a readable file") from error
    try:
        _trusted(file, setting, os.fstat(descriptor))
        raw = os.read(descriptor, MAX_TOML + 1)
    finally:
        os.close(descriptor)
    if len(raw) > MAX_TOML:
        raise PathRefused(setting, str(file), f"larger than {MAX_TOML} bytes", "shorten it")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise PathRefused(setting, str(file), "not UTF-8 text", "save it as UTF-8") from error


def _trusted(file: Path, setting: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PathRefused(setting, str(file), "not a regular file", "give a regular file")
    if status.st_uid not in {os.geteuid(), 0} or status.st_mode & 0o022:
        name = pasted(str(file))
        raise PathRefused(setting, str(file), "others may write it, and it decides what is confined",
                          f"chown $(id -u) {name} && chmod go-w {name}")  # fmt: skip


def _why(error: Exception) -> str:
    return (os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)).lower()
