"""What the container with gateway and broker says to the one with the workload, in the folder of the way out, which that one
cannot write: whether the broker uses tokens. The certificates to trust lie beside it. No value, and no name of a token.

Nothing is said the other way: that broker adds a token or does not by its own vault and the request alone. The models'
container says to front, in a folder that it alone can write, the lines that the page of a start shows.
"""

import json
import os
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from catalyst.errors import PathRefused
from catalyst.settings import NetworkMode, Settings
from catalyst.workloads.model import OUT, SAID

NAME, LINES = "tokens.json", "fetch.json"
MOST = 32 << 10  # bytes
LONGEST = 300  # characters of a line
PATIENCE, EVERY = 5.0, 0.2  # s: until the wait is worth a word; between two looks
WAITS = "waiting for front, which says whether its broker uses tokens; it must run, with the same NETWORK_MODE"


def say(folder: Path, *, used: bool) -> None:
    """Tell the other container. A workload that starts at this moment reads what was said before, or this."""
    _write(folder, NAME, {"tokens": used})


def show(lines: Sequence[str], folder: Path = Path(SAID)) -> None:
    """What front is to show. A folder that is missing or full is no reason for a fetch to fail."""
    with suppress(OSError):
        _write(folder, LINES, {"lines": [line[:LONGEST] for line in lines]})


def shown(folder: Path = Path(SAID)) -> list[str]:
    """What was said last; nothing where nothing is."""
    found = _document(folder / LINES).get("lines")
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _write(folder: Path, name: str, said: object) -> None:
    """In one step, and without what failed, for which there is little room. Raises OSError."""
    new = folder / f".{name}.{os.urandom(6).hex()}"
    data = json.dumps(said, ensure_ascii=False).encode(errors="replace")  # four bytes a character at most, not twelve
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), "wb") as stream:
            stream.write(data)
        new.replace(folder / name)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def hear(settings: Settings, tell: Callable[[str], None], folder: Path = Path(OUT)) -> bool:
    """Does the other container's broker use tokens? Waited for as long as it takes: in a pod both start at once.

    Raises PathRefused where the workload could have written the answer, and whom it is to trust.
    """
    if settings.network_mode is NetworkMode.ISOLATED:
        return False
    begun, told = time.monotonic(), False
    while (used := _read(folder)) is None:
        if not told and time.monotonic() - begun > PATIENCE:
            tell(WAITS)
            told = True
        time.sleep(EVERY)
    if used and not os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise PathRefused("the folder", str(folder), "it can be written here: it is for front alone to write",
                          f"mount it read-only: --volume VOLUME:{folder}:ro")  # fmt: skip
    return used


def _read(folder: Path) -> bool | None:
    said = _document(folder / NAME).get("tokens")
    return said if isinstance(said, bool) else None


def _document(file: Path) -> dict[str, Any]:
    """Empty for what is none: a pipe or a folder either, where something took over the container that writes it."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return {}
    try:
        found = json.loads(os.read(descriptor, MOST)) if stat.S_ISREG(os.fstat(descriptor).st_mode) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    finally:
        os.close(descriptor)
    return found if isinstance(found, dict) else {}
