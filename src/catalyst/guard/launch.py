"""From the guard to the workload: one fork, one exec."""

import binascii
import fcntl
import os
import signal
import sys
import termios
from contextlib import suppress

from catalyst.guard import landlock, syscalls
from catalyst.guard.plan import Plan

NOT_EXECUTABLE, NOT_FOUND = 126, 127  # as a shell and docker run answer


def start(plan: Plan) -> int:
    """The workload's pid. It leads its own process group, so that what it starts can be ended with it."""
    pid = os.fork()
    if pid:
        if plan.command:  # also here, so that a signal sent at once finds the group; a leader could not setsid
            with suppress(OSError):
                os.setpgid(pid, pid)
        return pid
    try:
        _become(plan)
    except OSError as error:
        what = error.filename or error.filename2 or plan.argv[0]
        print(f"catalyst: error: cannot run {what}: {(error.strerror or '').lower()}", file=sys.stderr, flush=True)
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)
    finally:
        os._exit(NOT_EXECUTABLE)


def _become(plan: Plan) -> None:
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if plan.command:
        _take_terminal()
    else:
        os.setsid()
    if plan.lifeline is not None:
        _close_lifeline(plan.lifeline)
    os.chdir(plan.cwd)
    # The guard stays outside the domain, so that it cannot be traced or signalled from it.
    landlock.restrict(plan.file_rules, plan.tcp_rules, scoped=plan.scoped)
    if plan.filter is not None:  # last of all: it refuses what was needed up to here
        syscalls.install_filter(binascii.a2b_base64(plan.filter))
    os.execvpe(plan.argv[0], plan.argv, plan.env)  # noqa: S606 -- starting this program is what the guard is for


def _close_lifeline(descriptor: int) -> None:
    """The workload must not hold, read or be ended by the guard's lifeline."""
    null = os.open(os.devnull, os.O_RDONLY)
    if descriptor == 0:
        os.dup2(null, 0)
    else:
        os.close(descriptor)
    os.close(null)


def _take_terminal() -> None:
    """Be the foreground process group of the terminal, if there is one, so that Ctrl-C and job control work."""
    os.setpgid(0, 0)
    if not os.isatty(0):
        return
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # tcsetpgrp from the background would stop us
    with suppress(OSError):
        os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)


def own_terminal() -> None:
    """Make standard input the controlling terminal of the guard's session, where it is a terminal and we lead one."""
    if os.isatty(0):
        with suppress(OSError):
            os.setsid()
        with suppress(OSError):
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
