"""What a thread that waits in a system call says of itself, read from /proc. It is true while the call still waits.

Needs a ptrace access check (ptrace(2)): the same user, and a caller that is dumpable. Under Yama (ptrace_scope 1) the
guard passes as the workload's ancestor; with 2 or 3 nobody without CAP_SYS_PTRACE does, and every address is refused.
"""

import errno
import os

SOCKET = "socket:["


def memory(thread: int, address: int, length: int) -> bytes:
    """`length` bytes of its memory, copied once. Raises OSError: EFAULT, or EACCES where it may not be looked at."""
    if address >= 1 << 63:
        raise OSError(errno.EFAULT, os.strerror(errno.EFAULT))
    descriptor = _open(f"/proc/{thread}/mem")
    try:
        read = os.pread(descriptor, length, address)
    except OSError as error:
        raise OSError(errno.EFAULT, os.strerror(errno.EFAULT)) from error
    finally:
        os.close(descriptor)
    if len(read) != length:
        raise OSError(errno.EFAULT, os.strerror(errno.EFAULT))
    return read


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError as error:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES)) from error


def inode(thread: int, descriptor: int) -> int:
    """The inode number of the socket behind its descriptor. Raises OSError: EBADF, ENOTSOCK, EACCES."""
    try:
        link = os.readlink(f"/proc/{thread}/fd/{descriptor}")
    except FileNotFoundError as error:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF)) from error
    if not link.startswith(SOCKET):
        raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))
    return int(link[len(SOCKET) : -1])


def program(thread: int) -> bytes:
    """What it calls itself (comm, proc(5)): its own word, for a log only."""
    try:
        descriptor = os.open(f"/proc/{thread}/comm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 64).rstrip(b"\n")
    finally:
        os.close(descriptor)
