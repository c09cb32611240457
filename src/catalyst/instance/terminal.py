"""A terminal of the sandbox's own, tied to the user's: what TIOCSTI pushes into it, only the sandbox reads."""

import fcntl
import os
import select
import signal
import termios
import tty
from contextlib import suppress
from types import FrameType

from catalyst.engine.process import Process


class Terminal:
    """A pseudo-terminal pair. Give `inner` to the sandbox, then `carry` until it ends."""

    def __init__(self) -> None:
        self.outer, self.inner = os.openpty()
        self._before = termios.tcgetattr(0)
        self._resize()

    def carry(self, process: "Process[bytes]") -> int:
        """Copy keys in and text out, the size too, until the process ends; its exit code. The user's terminal is reset."""
        os.close(self.inner)
        signal.signal(signal.SIGWINCH, self._resized)
        try:
            tty.setraw(0)
            self._copy()
            return process.wait()
        finally:
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
            termios.tcsetattr(0, termios.TCSADRAIN, self._before)
            os.close(self.outer)

    def _copy(self) -> None:
        watched = [self.outer, 0]
        while True:
            ready, _, _ = select.select(watched, [], [])
            if self.outer in ready:
                try:
                    data = os.read(self.outer, 65536)
                except OSError:  # EIO: the last process inside has closed it
                    return
                if not data:
                    return
                os.write(1, data)
            if 0 in ready:
                keys = os.read(0, 4096)
                if not keys:
                    watched.remove(0)
                os.write(self.outer, keys)

    def _resized(self, _number: int, _frame: FrameType | None) -> None:
        self._resize()

    def _resize(self) -> None:
        with suppress(OSError):
            fcntl.ioctl(self.outer, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8)))
