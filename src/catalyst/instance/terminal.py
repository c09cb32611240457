"""A terminal of the sandbox's own, tied to the user's: what TIOCSTI pushes into it, only the sandbox reads.

Each of standard input, output and error that is the user's terminal is replaced by it; pipes and files pass as they are.
"""

import fcntl
import os
import select
import signal
import termios
import tty
from contextlib import suppress
from types import FrameType

from catalyst.engine.process import Process


def mine() -> tuple[int, ...]:
    """Which of 0, 1 and 2 are a terminal."""
    return tuple(descriptor for descriptor in (0, 1, 2) if os.isatty(descriptor))


class Terminal:
    """A pseudo-terminal pair. Give `for_sandbox` to the sandbox, then `carry` until it ends."""

    def __init__(self) -> None:
        self._ours = mine()
        self._screen = next(one for one in (1, 2, 0) if one in self._ours)
        self._outer, self._inner = os.openpty()
        self._before = termios.tcgetattr(self._screen)
        self._resize()

    def for_sandbox(self, descriptor: int) -> int | None:
        """What the sandbox gets as `descriptor`: the new terminal for the user's, else None, the same as ours."""
        return self._inner if descriptor in self._ours else None

    def carry(self, process: "Process[bytes]") -> int:
        """Copy keys in and text out, the size too, until the process ends; its exit code. The user's terminal is reset."""
        os.close(self._inner)
        signal.signal(signal.SIGWINCH, self._resized)
        try:
            if 0 in self._ours:
                tty.setraw(0)
            self._copy(process)
            return process.wait()
        finally:
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
            termios.tcsetattr(self._screen, termios.TCSADRAIN, self._before)
            os.close(self._outer)

    def _copy(self, process: "Process[bytes]") -> None:
        ended = os.pidfd_open(process.pid)
        watched = [self._outer, ended, *([0] if 0 in self._ours else [])]
        while True:
            ready, _, _ = select.select(watched, [], [])
            if self._outer in ready:
                try:
                    data = os.read(self._outer, 65536)
                except OSError:  # EIO: the last process inside has closed it
                    break
                os.write(self._screen, data)
            elif ended in ready:
                break
            if 0 in ready:
                keys = os.read(0, 4096)
                if not keys:
                    watched.remove(0)
                os.write(self._outer, keys)
        os.close(ended)

    def _resized(self, _number: int, _frame: FrameType | None) -> None:
        self._resize()

    def _resize(self) -> None:
        with suppress(OSError):
            size = fcntl.ioctl(self._screen, termios.TIOCGWINSZ, bytes(8))
            fcntl.ioctl(self._outer, termios.TIOCSWINSZ, size)
