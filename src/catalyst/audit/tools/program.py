"""Finding and running a program of somebody else's: by its absolute path, with an empty environment, in `/`."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catalyst.engine import process
from catalyst.errors import plain

WITHIN, MOST_ANSWER = 900.0, 256 << 20


class ToolFailed(Exception):
    """It is not there, is refused, or did not do what it was asked; why, in words for the report."""


def find(name: str) -> str:
    """Its absolute path. Raises ToolFailed."""
    found = shutil.which(name)
    if not found:
        raise ToolFailed(f"{name} is not installed")
    return os.path.realpath(found)


def digest(path: str) -> str:
    """SHA-256 of the program: a version it tells proves nothing (the malicious releases of 2026 told theirs)."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def run(argv: Sequence[str], codes: set[int]) -> bytes:
    """What it prints. Raises ToolFailed where it ends with another code, and where it does not start or end."""
    name = Path(argv[0]).name
    with tempfile.TemporaryDirectory(prefix="catalyst-") as home:
        try:
            code, out = process.ask(argv, b"", timeout=WITHIN, most=MOST_ANSWER, HOME=home, TMPDIR=home, NO_COLOR="1")
        except process.Expired:
            raise ToolFailed(f"{name} took more than {WITHIN:g} s") from None
        except OSError as error:
            raise ToolFailed(f"{name} cannot be started: {(error.strerror or '').lower()}") from error
    if code not in codes:
        raise ToolFailed(f"{name} failed with exit code {code}; its words are above")
    return out


def document(data: bytes, name: str) -> Any:
    """Its JSON. Raises ToolFailed: an empty or broken report is no clean one."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ToolFailed(f"{name} wrote no report that can be read: {plain(str(error), 80)}") from error
