"""What the container with gateway and broker says to the one with the workload, in the folder of the way out, which that one
cannot write: whether the broker uses tokens. The certificates to trust lie beside it. No value, and no name of a token.

Nothing is said the other way: that broker adds a token or does not by its own vault and the request alone.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from catalyst.errors import PathRefused
from catalyst.settings import NetworkMode, Settings
from catalyst.workloads.model import OUT

NAME = "tokens.json"
MOST = 4096  # bytes
PATIENCE, EVERY = 5.0, 0.2  # s: until the wait is worth a word; between two looks
WAITS = "waiting for front, which says whether its broker uses tokens; it must run, with the same NETWORK_MODE"


def say(folder: Path, *, used: bool) -> None:
    """Tell the other container. A workload that starts at this moment reads what was said before, or this."""
    new = folder / f".{NAME}.{os.urandom(6).hex()}"
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), "w") as stream:
        json.dump({"tokens": used}, stream)
    new.replace(folder / NAME)


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
    try:
        with os.fdopen(os.open(folder / NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            found = json.loads(stream.read(MOST))
    except (OSError, ValueError, RecursionError):
        return None
    said = found.get("tokens") if isinstance(found, dict) else None
    return said if isinstance(said, bool) else None
