"""Acts on the kernel.

Where the kernel asks for permission before it looks at the arguments, nonsense is passed (as bubblewrap's
tests/try-syscall.c does): EFAULT, EINVAL, EBADF mean that the call reached the kernel, and nothing was done; EPERM,
EACCES and ENOSYS mean that a filter, or a check, answered first. Each probe notes the order of checks that makes its
call harmless even for root.
"""

import errno
import os
import struct
from collections.abc import Callable
from functools import partial

from catalyst.audit.inside.native import HIGH, UnknownMachine, call, call_number, number_of
from catalyst.audit.inside.probe import Answer, Context, allowed, met, name_of, unknown

Act = Callable[[Context], Answer]
REFUSED = frozenset({errno.EPERM, errno.EACCES, errno.ENOSYS})
NAMESPACES_FULL = frozenset({errno.ENOSPC, errno.EUSERS})  # user.max_user_namespaces is 0 (user_namespaces(7))
NONSENSE = 0x7FFF_0000  # no call knows these flags
NOWHERE = -1  # as a descriptor
SIGCHLD = 17
AT_FDCWD = -100

CLONE_NEWTIME, CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x80, 0x0002_0000, 0x0200_0000, 0x0400_0000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000


def reached(name: str, ask: Callable[[], int]) -> Answer:
    """Make a call that may not succeed: refused is denied, every other error comes from inside."""
    try:
        ask()
    except UnknownMachine as error:
        return unknown(str(error))
    except OSError as error:
        if error.errno in REFUSED:
            return met(error, name)
        return allowed(f"{name} reaches the kernel, which found fault with the arguments only", error)
    return allowed(f"{name} works")


def permitted(what: str, make: Callable[[], int]) -> Answer:
    """Do what works where it is permitted: any error that stops is denied."""
    try:
        make()
    except UnknownMachine as error:
        return unknown(str(error))
    except OSError as error:
        if error.errno in NAMESPACES_FULL:
            return Answer("denied", f"{what}: this system allows none", name_of(error))
        return met(error, what)
    return allowed(f"{what} worked")


def asks(name: str, *arguments: int | bytes | None) -> Act:
    """A call with those arguments, of which it is enough that it reaches the kernel; None is the null pointer."""
    return lambda _: reached(f"{name}()", partial(call, name, *arguments))


def asks_beyond(name: str, *arguments: int | bytes | None) -> Act:
    """The same by a number whose high half is not zero: the kernel drops that half, a filter must too."""
    return lambda _: reached(f"{name}() by a long number", lambda: call_number(number_of(name) | HIGH, *arguments))


def does(what: str, name: str, *arguments: int | bytes | None) -> Act:
    """A call that works where it is permitted."""
    return lambda _: permitted(what, partial(call, name, *arguments))


def unshares(what: str, flags: int) -> Act:
    """unshare(2), of this short-lived child alone."""
    return does(f"making {what}", "unshare", flags)


def clones(what: str, flags: int) -> Act:
    """clone(2): the new process ends at once, and its namespaces with it."""
    return lambda _: permitted(f"making {what} by clone", partial(_clone, flags))


def _clone(flags: int) -> int:
    return _ended(call("clone", flags | SIGCHLD, None, None, None, None))


def clone3(flags: int) -> int:
    """clone3(2), whose flags lie behind a pointer where seccomp cannot look."""
    arguments = struct.pack("8Q", flags, 0, 0, 0, SIGCHLD, 0, 0, 0)
    return _ended(call("clone3", arguments, len(arguments)))


def _ended(child: int) -> int:
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return 0
