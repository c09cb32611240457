"""Bytes from one socket to another, both ways. Used by the guard's doorman inside and by the gateway outside.

The data path is splice(2) through a pipe, one thread per direction: bytes never enter Python (knowledge: measured at
0.17 CPU s/GB).
"""

import contextlib
import fcntl
import os
import resource
import socket
import threading
import time
from collections.abc import Callable

CHUNK = 1 << 20
# A pipe grows once this much has gone through it: the kernel lets a user have 64 MiB in large pipes (pipe(7)), and
# gives whoever asks for more two pages.
GROWN_AFTER = 4 << 20
MOST = 1024  # connections at once; the next one waits in the listener's backlog
DESCRIPTORS = 8  # of each: two sockets, two pipes, and some to spare


def pump(source: socket.socket, sink: socket.socket) -> int:
    """Copy until `source` ends, then end `sink`'s input; the bytes. An error ends both, so the other direction ends too."""
    read, write = os.pipe2(os.O_CLOEXEC)
    carried, grown = 0, False
    try:
        while count := os.splice(source.fileno(), write, CHUNK):
            while count:
                moved = os.splice(read, sink.fileno(), count)
                count, carried = count - moved, carried + moved
            if not grown and carried >= GROWN_AFTER:
                grown = True
                _grow(write)
        _shut(sink, socket.SHUT_WR)
    except OSError:
        _shut(source, socket.SHUT_RDWR)
        _shut(sink, socket.SHUT_RDWR)
    finally:
        os.close(read)
        os.close(write)
    return carried


def _grow(pipe: int) -> None:
    with contextlib.suppress(OSError):  # EPERM: this user has enough of them
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, CHUNK)


def _shut(end: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(how)


def join(one: socket.socket, other: socket.socket) -> tuple[int, int]:
    """Carry both directions until both have ended; closes both. Bytes from `one`, and from `other`."""
    carried = [0]
    with one, other:
        back = threading.Thread(target=lambda: carried.append(pump(other, one)), daemon=True)
        back.start()
        there = pump(one, other)
        back.join()
    return there, carried[-1]


def serve(listener: socket.socket, connect: Callable[[], socket.socket]) -> None:
    """Accept for ever; each connection is joined to a new one from `connect`, or closed if that fails (OSError)."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = threading.BoundedSemaphore(max(1, min(MOST, soft // DESCRIPTORS)))

    def carry(client: socket.socket) -> None:
        try:
            with client:
                join(client, connect())
        except OSError:
            pass
        finally:
            free.release()

    while True:
        free.acquire()
        try:
            client, _ = listener.accept()
            threading.Thread(target=carry, args=(client,), daemon=True).start()
        except (OSError, RuntimeError):  # out of descriptors or threads for now: the client is dropped, we stay
            free.release()
            time.sleep(0.05)
