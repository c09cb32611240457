"""Connecting to the sandbox's socket without being led elsewhere.

The workload can write the door's folder. If it puts a link there, `connect()` by path would follow it to any socket
the gateway may use: the user's D-Bus, the docker socket. So the name is opened without following links, it must be a
socket, and the connection goes to what was opened (tests/attacks/test_door_symlink.py).
"""

import json
import os
import socket
import stat
from typing import Any

NAME = "in.sock"
REPORT, MAX_REPORT = "guard.json", 4096
SAID = {"state": str, "restarts": int, "exit": int}


def enter(folder: int) -> socket.socket:
    """A connection to the socket in the folder `folder` (a descriptor), which does not block. Raises OSError.

    BlockingIOError: its queue is full. The workload can put a socket there that nobody accepts from, so it is not waited
    for here (tests/attacks/test_gateway_full_door.py).
    """
    found = os.open(NAME, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        if not stat.S_ISSOCK(os.fstat(found).st_mode):
            raise OSError(f"{NAME} is not a socket")
        inside = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        try:
            inside.connect(f"/proc/self/fd/{found}")
        except OSError:
            inside.close()
            raise
        return inside
    finally:
        os.close(found)


def report(folder: int) -> dict[str, Any]:
    """What the guard last said beside the door: `state`, `restarts`, `exit`. The workload can write that file, so no link
    is followed, only a small regular file is read, and only these keys with their types are kept."""
    try:
        found = os.open(REPORT, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return {}
    try:
        raw = os.read(found, MAX_REPORT) if stat.S_ISREG(os.fstat(found).st_mode) else b""
        said = json.loads(raw)
    except (OSError, ValueError, RecursionError):
        return {}
    finally:
        os.close(found)
    return {key: said[key] for key, kind in SAID.items() if type(said.get(key)) is kind} if isinstance(said, dict) else {}
