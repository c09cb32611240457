"""The sandbox's output: kept within a size, and shown without letting it speak to the terminal."""

import re
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

MOST = 8 << 20  # bytes a file; two are kept, so that a workload that shouts cannot fill the disk
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Log:
    """Reads a stream in a thread of its own and writes it to a file that is turned over when it is full."""

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self._path, self._stream = path, stream
        self.tail: deque[str] = deque(maxlen=20)
        self._thread = threading.Thread(target=self._copy, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait a moment for what is still in the pipe."""
        self._thread.join(timeout=2)

    def _copy(self) -> None:
        size, file = 0, self._path.open("wb", buffering=0)
        try:
            while line := self._stream.readline(1 << 16):
                if size + len(line) > MOST:
                    file.close()
                    self._path.replace(self._path.with_suffix(".old"))
                    size, file = 0, self._path.open("wb", buffering=0)
                size += file.write(line) or 0
                self.tail.append(plain(line.decode(errors="replace")).rstrip("\n"))
        finally:
            file.close()


def plain(text: str) -> str:
    """Text without what a terminal would obey: escape sequences, carriage returns, changes of direction."""
    return _CONTROL.sub("�", re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r\n", "\n").replace("\r", "\n"))


def read(path: Path) -> Iterator[str]:
    """The lines of the older and the newer file, made plain."""
    for file in (path.with_suffix(".old"), path):
        try:
            with file.open(encoding="utf-8", errors="replace", newline="\n") as stream:
                yield from (plain(line) for line in stream)
        except FileNotFoundError:
            continue
