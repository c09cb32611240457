"""The sandbox's output: kept within a size, and shown without letting it speak to the terminal."""

import os
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import IO

MOST = 8 << 20  # bytes a file; two are kept, so that a workload that shouts cannot fill the disk
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Log:
    """Reads a stream in a thread of its own and writes it to a file that is turned over when it is full."""

    def __init__(self, path: Path | None, stream: IO[bytes]) -> None:
        """`path` None keeps the last lines, in memory, and no file."""
        self._path, self._stream = path, stream
        if path:
            path.with_suffix(".old").unlink(missing_ok=True)
        self.tail: deque[str] = deque(maxlen=20)
        self._thread = threading.Thread(target=self._copy, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait a moment for what is still in the pipe."""
        self._thread.join(timeout=2)

    def _copy(self) -> None:
        """A full disk loses lines, and never stops the reading: a workload that cannot print would hang the guard."""
        size, file = 0, self._fresh()
        while line := self._stream.readline(1 << 16):
            self.tail.append(one_line(line.decode(errors="replace")))
            if size + len(line) > MOST:
                file.close()
                with suppress(OSError):
                    if self._path:
                        self._path.replace(self._path.with_suffix(".old"))
                size, file = 0, self._fresh()
            with suppress(OSError):
                size += file.write(line) or 0
        file.close()

    def _fresh(self) -> FileIO:
        try:
            return (self._path or Path(os.devnull)).open("wb", buffering=0)
        except OSError:
            return Path(os.devnull).open("wb", buffering=0)


def plain(text: str) -> str:
    """Text without what a terminal would obey: escape sequences, carriage returns, changes of direction."""
    return _CONTROL.sub("�", re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """As `plain`, and on one line: words of the sandbox must not begin a line that looks like ours."""
    return plain(text).strip().replace("\n", " ")


def read(path: Path) -> Iterator[str]:
    """The lines of the older and the newer file, made plain."""
    for file in (path.with_suffix(".old"), path):
        try:
            with file.open(encoding="utf-8", errors="replace", newline="\n") as stream:
                yield from (plain(line) for line in stream)
        except FileNotFoundError:
            continue
