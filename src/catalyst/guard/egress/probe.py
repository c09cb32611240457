"""Can sockets be supervised here? Asked by doing it: version numbers say nothing of seccomp profiles around us."""

import binascii
import errno
import os
import socket

from catalyst.guard import syscalls

NOBODY = (1 << 64) - 1  # no notification has this id


def works(program: str) -> bool:
    """Install `program` (base64) in a fork, and ask its listener to inject a descriptor and answer with it in one step.

    False before Linux 5.14, where seccomp(2) is refused to us, and where a filter of this process has a listener already.
    """
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if _try(binascii.a2b_base64(program)) else 1)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _try(program: bytes) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
        syscalls.prctl("PR_SET_NO_NEW_PRIVS", syscalls.PR_SET_NO_NEW_PRIVS, 1)
        listener = syscalls.install_notifier(program)
        try:
            # EINVAL where the flag is not known; that nobody waits under this id is found out after it
            return not syscalls.give(listener, NOBODY, one.fileno(), 0)
        except OSError as error:
            return error.errno == errno.ENOENT
