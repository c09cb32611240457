"""Acts in and on other processes. None is stopped or signalled but those made here."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from catalyst.audit.inside.native import address, block_of, call
from catalyst.audit.inside.probe import Answer, Context, denied, parse, tried, unknown

PTRACE_TRACEME, PTRACE_SEIZE = 0, 0x4206
KCMP_VM = 1
Act = Callable[[Context], Answer]


def forked(act: Callable[[], Answer]) -> Answer:
    """Make the act in a child of its own and hand its answer on; whatever it changed of itself ends with it."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(sending, tried(act).line().encode())
        finally:
            os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as pipe:
        answer = parse(pipe.read().decode("utf-8", "replace"))
    _, status = os.waitpid(child, 0)
    if answer:
        return answer
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSYS:
        return denied("ended by a seccomp filter (SIGSYS)")
    return unknown(f"a child ended without a word (wait status {status})")


@contextmanager
def sleeper() -> Iterator[int]:
    """A process of one's own that waits to be ended; it would end by itself after some seconds."""
    child = os.fork()
    if child == 0:
        signal.alarm(4)
        signal.pause()
        os._exit(0)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def on_first(act: Callable[[int], Answer]) -> Act:
    """Towards process 1, unless that is who runs the attempts: then it proves nothing."""

    def towards(_: Context) -> Answer:
        return unknown("pid 1 started this attempt itself") if os.getppid() == 1 else act(1)

    return towards


def seize(process: int) -> int:
    """PTRACE_SEIZE asks for the same permission as PTRACE_ATTACH and does not stop its target; it ends with us."""
    return call("ptrace", PTRACE_SEIZE, process, None, None)


def read_memory(process: int, name: str = "process_vm_readv") -> int:
    """The remote address is bad: EPERM and ESRCH come before it is looked at, EFAULT after."""
    own = block_of(b"\0" * 8)
    vectors = block_of(address(own).to_bytes(8, "little") + (8).to_bytes(8, "little"))
    bad = block_of((8).to_bytes(8, "little") * 2)
    return call(name, process, address(vectors), 1, address(bad), 1, 0)


def take_descriptor(process: int) -> int:
    """A copy of the process's first descriptor, closed again."""
    handle = call("pidfd_open", process, 0)
    try:
        os.close(call("pidfd_getfd", handle, 0, 0))
    finally:
        os.close(handle)
    return 0


def compare(process: int) -> int:
    """Whether it shares our memory: who may ask, may trace it (kcmp(2))."""
    return call("kcmp", os.getpid(), process, KCMP_VM, 0, 0)
