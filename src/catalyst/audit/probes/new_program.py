"""A filter outlives execve(2), if it is the kernel's."""

import os
import subprocess
import sys
from functools import partial

from catalyst.audit.inside.acts.kernel import NONSENSE, reached
from catalyst.audit.inside.native import number_of
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, unknown

# prints the error number: a nonsense flag beside UFFD_USER_MODE_ONLY is EINVAL, where the call is answered
CODE = "import ctypes; c = ctypes.CDLL(None, use_errno=True); c.syscall({}, {}); print(ctypes.get_errno())"


def act(_: Context) -> Answer:
    """This Python again, as a program of its own."""
    argv = [sys.executable, "-I", "-S", "-c", CODE.format(number_of("userfaultfd"), NONSENSE | 1)]
    told = subprocess.run(argv, capture_output=True, check=False, timeout=4).stdout.strip()
    if not told.isdigit():
        return unknown("another Python could not be asked")
    return reached("userfaultfd() in another program", partial(_raise, int(told)))


def _raise(code: int) -> int:
    if code:
        raise OSError(code, os.strerror(code))
    return 0


PROBE = Probe(
    id="new-program",
    theme="kernel",
    title="shake off the filter by starting another program",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
)
