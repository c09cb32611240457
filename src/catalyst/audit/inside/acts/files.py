"""Acts on files. Everything here is undone, or does nothing to undo."""

import os
from pathlib import Path

from catalyst.audit.inside.probe import Answer, allowed, denied

NO_FOLLOW_UP = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # never wait on a device, never take a terminal


def count_bytes(path: Path) -> Answer:
    """Read a few bytes of `path` and tell how large it is. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | NO_FOLLOW_UP)
    try:
        size = max(len(os.read(descriptor, 16)), os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)
    return allowed(f"{path}: {size} bytes can be read") if size else denied(f"{path}: it is empty")
