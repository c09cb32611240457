"""The log file: lines appended, of bounded size.

When it is full, its beginning and its newest lines stay and what lies between goes: a flood of refusals can hide what
came in its middle, never how it began.
"""

import contextlib
import os
import stat

HEAD, TAIL, MOST = 4 << 20, 2 << 20, 8 << 20  # bytes


class Log:
    """Writes to a descriptor; a regular file, opened for reading too, is kept below MOST."""

    def __init__(self, descriptor: int, head: int = HEAD, tail: int = TAIL, most: int = MOST) -> None:
        self._descriptor = descriptor
        self._head, self._tail, self._most = head, tail, most
        self._file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        self.lost = 0  # lines that could not be written: a full disk does not stop the broker

    def write(self, line: str) -> None:
        """Append one line."""
        try:
            if self._file and os.fstat(self._descriptor).st_size + len(line) >= self._most:
                self._cut()
            data = f"{line}\n".encode()
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            self.lost += 1

    def _cut(self) -> None:
        size, tail = os.fstat(self._descriptor).st_size, b""
        keep = self._head
        with contextlib.suppress(OSError):  # opened for writing only: the beginning alone stays
            head = os.pread(self._descriptor, self._head, 0)
            keep = head.rfind(b"\n") + 1
            tail = os.pread(self._descriptor, self._tail, size - self._tail).partition(b"\n")[2]
        os.ftruncate(self._descriptor, keep)
        os.lseek(self._descriptor, 0, os.SEEK_END)
        marker = b'{"why": "lines were dropped here: the log was full"}\n'
        os.write(self._descriptor, marker + tail)
