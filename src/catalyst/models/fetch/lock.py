"""models.lock: for each source what it led to. With it a second fetch asks no site what there is, and takes nothing else.

TOML, to be read and kept beside models.toml. A source of a whole repository has several entries.
"""

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from catalyst.errors import LockDamaged, plain
from catalyst.fetcher.folders import FOLDERS
from catalyst.guard.record import Record
from catalyst.models.fetch import names

VERSION = 1
MOST = 4 << 20
URL = re.compile(r"/[!-.0-~][!-~]{0,2000}")  # below the site
_HEAD = "# Written by catalyst fetch. Keep it beside models.toml; `catalyst fetch --update` asks the sites anew.\n"


class Entry(Record):
    """One file. `path` is below the models folder, `url` below the site, `size` in bytes."""

    source: str
    path: str
    sha256: str
    size: int
    url: str
    revision: str = ""


class Lock:
    """The entries of one lock file, by source."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.entries: dict[str, list[Entry]] = {}
        for entry in _read(file):
            self.entries.setdefault(entry.source, []).append(entry)

    def write(self) -> None:
        """Replace the file in one step. Raises OSError."""
        text = _HEAD + f"version = {VERSION}\n"
        for source in sorted(self.entries):
            for entry in self.entries[source]:
                fields = {name: value for name, value in vars(entry).items() if value != ""}
                text += "\n[[model]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in fields.items())
        replace(self.file, text)


def replace(file: Path, text: str) -> None:
    """Write a file in one step, so that a kill leaves the old one or the new one. Raises OSError."""
    new = file.with_name(f".{file.name}.{os.urandom(4).hex()}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(descriptor)
        new.replace(file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _read(file: Path) -> list[Entry]:
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:  # a pipe would hold us up
            data = stream.read(MOST + 1)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise LockDamaged(str(file), (error.strerror or "").lower()) from error
    try:
        document = tomllib.loads(data[:MOST].decode())
    except (ValueError, RecursionError) as error:
        raise LockDamaged(str(file), f"not TOML: {plain(str(error)).lower()}") from error
    models = document.get("model", [])
    version = document.get("version")
    if type(version) is not int or version != VERSION or not isinstance(models, list) or len(data) > MOST:
        raise LockDamaged(str(file), f"it is not of version {VERSION}")
    return [_entry(one, file) for one in models]


def _entry(table: Any, file: Path) -> Entry:
    """Everything a lock says is used for a path or a request, so everything is checked."""
    try:
        entry = Entry(**table)
        folder, _, name = entry.path.partition("/")
        right = (
            all(type(value) is (int if key == "size" else str) for key, value in vars(entry).items())
            and folder in FOLDERS and names.safe(name) == name and entry.size >= 0
            and re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
            and URL.fullmatch(entry.url) and entry.source.isprintable()
        )  # fmt: skip
    except Exception as error:  # TypeError for another key, NameRefused, AttributeError for another type
        raise LockDamaged(str(file), "an entry is not understood") from error
    if not right:
        raise LockDamaged(str(file), f"the entry of {plain(entry.source)} is not understood")
    return entry


def _toml(value: str | int) -> str:
    """A basic string is JSON's, but for DEL and for pairs of surrogates (TOML 1.0, String)."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
