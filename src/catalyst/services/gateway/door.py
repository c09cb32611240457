"""Connecting to the sandbox's socket without being led elsewhere.

The workload can write the door's folder. If it puts a link there, `connect()` by path would follow it to any socket
the gateway may use: the user's D-Bus, the docker socket. So the name is opened without following links, it must be a
socket, and the connection goes to what was opened (tests/attacks/test_door_symlink.py).
"""

import os
import socket
import stat

NAME = "in.sock"


def enter(folder: int) -> socket.socket:
    """A connection to the socket in the folder `folder` (a descriptor). Raises OSError."""
    found = os.open(NAME, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        if not stat.S_ISSOCK(os.fstat(found).st_mode):
            raise OSError(f"{NAME} is not a socket")
        inside = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            inside.connect(f"/proc/self/fd/{found}")
        except OSError:
            inside.close()
            raise
        return inside
    finally:
        os.close(found)
