"""Carries bytes between joined pairs of sockets, as a process of its own: PID 1 has no threads and waits for nothing."""

import array
import resource
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from catalyst.guard import helper, relay


class Carrier:
    """The guard's end. A carrier that was killed takes its connections with it; `restart` makes another."""

    def __init__(self) -> None:
        self.pid = 0
        self._end: socket.socket | None = None
        self.restart()

    def restart(self) -> None:
        """Raises OSError when there can be none."""
        self.stop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            ours.setblocking(False)
            self._end = ours
            self.pid = helper.start(lambda: serve(theirs), keep=[theirs.fileno()])

    def carry(self, one: socket.socket, other: socket.socket) -> bool:
        """Hand a pair over and close it here. False, with the pair ended, where the carrier cannot take it."""
        with one, other:
            try:
                for end in (one, other):
                    end.setblocking(True)
                pair = array.array("i", [one.fileno(), other.fileno()])
                if self._end is not None:
                    self._end.sendmsg([b"p"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, pair)])
                    return True
            except OSError:
                pass
            return False

    def stop(self) -> None:
        """At the end of its socket it takes no more pairs."""
        self.pid = 0
        if self._end is not None:
            self._end.close()
            self._end = None


def serve(end: socket.socket) -> None:
    """Take pairs until the guard has gone. As many at once as there are descriptors for; the next one waits in `end`."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = threading.BoundedSemaphore(max(1, min(relay.MOST, soft // relay.DESCRIPTORS)))

    def carry(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            relay.join(one, other)
        free.release()

    while True:
        free.acquire()
        said, descriptors, _, _ = socket.recv_fds(end, 1, 2, socket.MSG_CMSG_CLOEXEC)
        ends = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        if not said:
            return
        # fewer than two: out of descriptors, the kernel closed what did not fit
        if len(ends) == 2 and _started(carry, ends):
            continue
        free.release()
        for one in ends:
            one.close()


def _started(carry: Callable[[socket.socket, socket.socket], None], ends: list[socket.socket]) -> bool:
    try:
        threading.Thread(target=carry, args=tuple(ends), daemon=True).start()
    except RuntimeError:  # no more threads to be had
        return False
    return True
