"""Acts on a terminal of one's own: the request is the same that would be made of somebody else's."""

import fcntl
import os
import termios

from catalyst.audit.inside.acts.kernel import Act, reached
from catalyst.audit.inside.acts.tracing import forked
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import Answer, Context, unknown


def requests(what: str, request: int) -> Act:
    """ioctl(2) with a null pointer on a new terminal that controls a child: EFAULT comes after every permission."""

    def act(_: Context) -> Answer:
        return forked(lambda: _request(what, request))

    return act


def _request(what: str, request: int) -> Answer:
    os.setsid()
    try:
        _, terminal = os.openpty()
    except OSError as error:
        return unknown(f"no terminal could be made: {error.strerror}")
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    return _ask(what, terminal, request)


def type_into(path: str) -> Answer:
    """TIOCSTI on that terminal, with a null pointer for the character. Raises OSError where there is none (ENXIO)."""
    return _ask("TIOCSTI", os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC), termios.TIOCSTI)


def _ask(what: str, terminal: int, request: int) -> Answer:
    answer = reached(what, lambda: call("ioctl", terminal, request, None))
    if answer.errno == "EIO":  # dev.tty.legacy_tiocsti is 0
        return Answer("denied", f"{what}: this kernel has it switched off", "EIO")
    return answer
