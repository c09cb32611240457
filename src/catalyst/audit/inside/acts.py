"""What several probes do, each with other targets. Everything here is undone, or does nothing to undo."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

from catalyst.audit.inside.probe import Answer, Context, allowed, denied, met

NO_FOLLOW_UP = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # never wait on a device, never take a terminal
Act = Callable[[Context], Answer]


def socket_of(what: str, family: int, kind: int, protocol: int) -> Act:
    """Make a socket of that family and close it."""

    def act(_: Context) -> Answer:
        try:
            socket.socket(family, kind, protocol).close()
        except OSError as error:
            return met(error, what)
        return allowed(f"{what} could be made")

    return act


def count_bytes(path: Path) -> Answer:
    """Read a few bytes of `path` and tell how large it is. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | NO_FOLLOW_UP)
    try:
        size = max(len(os.read(descriptor, 16)), os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)
    return allowed(f"{path}: {size} bytes can be read") if size else denied(f"{path}: it is empty")
