"""Processes of the guard's own, forked from it. Nothing of the guard's but what is named stays open in them."""

import os
import resource
import signal
from collections.abc import Callable, Iterable


def start(run: Callable[[], object], keep: Iterable[int]) -> int:
    """The pid of a fork that does `run` and ends. Descriptors other than `keep` and the standard ones are closed: held here,
    a socket that the workload closes would stay open, and a lifeline would never end. Raises OSError (fork(2))."""
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        close_all_but(keep)
        run()
    finally:
        os._exit(1)


def close_all_but(keep: Iterable[int]) -> None:
    """Close every descriptor but the standard ones and `keep`."""
    low, (soft, _) = 3, resource.getrlimit(resource.RLIMIT_NOFILE)
    for descriptor in [*sorted({*keep}), soft]:
        if descriptor >= low:
            os.closerange(low, descriptor)
            low = descriptor + 1
