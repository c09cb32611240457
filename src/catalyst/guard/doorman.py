"""The way in: a unix socket in the shared folder leads to the workload's port on loopback.

A process of its own: threads in PID 1 would be threads that later restrictions do not reach.
"""

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from catalyst.guard import helper
from catalyst.guard.plan import Door

if TYPE_CHECKING:
    import socket


def start(door: Door) -> int:
    """The doorman's pid. Raises OSError when the socket cannot be made."""
    import socket  # only where there is a door: a command starts without the network's modules

    from catalyst.guard import relay

    def carry() -> None:
        relay.serve(listener, lambda: socket.create_connection(("127.0.0.1", door.port), timeout=None))

    with _listen(door.socket) as listener:
        return helper.start(carry, keep=[listener.fileno()])


def _listen(path: str) -> "socket.socket":
    import socket

    with suppress(FileNotFoundError):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    listener.bind(path)
    listener.listen(512)
    return listener
