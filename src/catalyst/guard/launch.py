"""From the guard to the workload: one fork, one exec."""

import fcntl
import os
import signal
import sys
import termios
from contextlib import suppress

from catalyst.guard import helper, syscalls
from catalyst.guard.plan import Plan
from catalyst.guard.steps import WORKLOAD_STEPS, StepFailed, confine

NOT_EXECUTABLE, NOT_FOUND = 126, 127  # as a shell and docker run answer
CONFINED = b"confined"


def start(plan: Plan) -> tuple[int, int | None]:
    """The workload's pid, and the listener that tells of its calls where its sockets are supervised (guard/egress). It leads
    its own process group, so that what it starts can be ended with it.

    Raises StepFailed, with nothing started, when a restriction of the workload's own process cannot be put in force.
    """
    read, write = syscalls.socket_pair() if plan.egress else os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid:
        os.close(write)
        if plan.command:  # also here, so that a signal sent at once finds the group; a leader could not setsid
            with suppress(OSError):
                os.setpgid(pid, pid)
        return pid, _wait_until_confined(pid, read, plan)
    try:
        os.close(read)
        _become(plan, write)
    except OSError as error:
        what = error.filename or error.filename2 or plan.argv[0]
        print(f"catalyst: error: cannot run {what}: {(error.strerror or '').lower()}", file=sys.stderr, flush=True)
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)
    finally:
        os._exit(NOT_EXECUTABLE)


def _wait_until_confined(pid: int, read: int, plan: Plan) -> int | None:
    """The child says CONFINED, or why not. Silence is no consent: it may have died on the way."""
    first, listener = syscalls.receive_descriptor(read) if plan.egress else (b"", None)
    with open(read, "rb") as words:
        said = first.removeprefix(syscalls.HERE) + words.read(4096)
    if said == CONFINED and (listener is not None or plan.egress is None):
        return listener
    if listener is not None:
        os.close(listener)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
    raise StepFailed(said.decode(errors="replace") or "the workload's process died before it was confined")


def _become(plan: Plan, say: int) -> None:
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
    helper.close_all_but([say])  # a socket that the engine left open would be one that nobody supervises
    try:
        confine(plan, WORKLOAD_STEPS, guard=say)
    except StepFailed as error:
        os.write(say, str(error).encode(errors="replace"))
        os._exit(NOT_EXECUTABLE)
    os.write(say, CONFINED)
    os.close(say)  # the guard waits for no more than that, the exec below may take its time
    os.chdir(plan.cwd)
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
