"""A forward reader over a file or a decompressor, with few calls per byte; skips what need not be read."""

from typing import IO

CHUNK = 1 << 16


class Ended(Exception):
    """There are fewer bytes than were asked for."""


class Reader:
    """Reads `source` forwards. Where it can seek, skipping costs nothing."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._buffer = b""
        self._at = 0
        self._before = 0  # bytes that are no longer in the buffer

    def tell(self) -> int:
        """Bytes read so far."""
        return self._before + self._at

    def byte(self) -> int:
        """The next byte; -1 at the end."""
        if self._at == len(self._buffer) and not self._fill():
            return -1
        self._at += 1
        return self._buffer[self._at - 1]

    def peek(self, count: int) -> bytes:
        """The next bytes without taking them, fewer at the end."""
        while len(self._buffer) - self._at < count and self._fill():
            pass
        return self._buffer[self._at : self._at + count]

    def exactly(self, count: int) -> bytes:
        """The next `count` bytes. Raises Ended."""
        if count > CHUNK:
            return self._large(count)
        if len(self._buffer) - self._at < count:
            self.peek(count)
        data = self._buffer[self._at : self._at + count]
        if len(data) < count:
            raise Ended
        self._at += count
        return data

    def _large(self, count: int) -> bytes:
        """Piece by piece: adding to one buffer would copy it for each."""
        pieces = []
        while count:
            if self._at == len(self._buffer) and not self._fill():
                raise Ended
            piece = self._buffer[self._at : self._at + count]
            self._at += len(piece)
            count -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def line(self, most: int) -> bytes:
        """Up to a line end, which is left out. Raises Ended when there is none within `most` bytes."""
        while (end := self._buffer.find(b"\n", self._at)) < 0:
            if len(self._buffer) - self._at > most or not self._fill():
                raise Ended
        data = self._buffer[self._at : end]
        self._at = end + 1
        return data

    def skip(self, count: int) -> None:
        """Pass over bytes. Raises Ended when there are fewer."""
        here = min(count, len(self._buffer) - self._at)
        self._at += here
        count -= here
        if count > CHUNK and self._source.seekable():
            start = self._source.tell()
            self._source.seek(start + count - 1)
            self._before, self._buffer, self._at = self._before + len(self._buffer) + count - 1, b"", 0
            count = 1
        while count:
            if self._at == len(self._buffer) and not self._fill():
                raise Ended
            here = min(count, len(self._buffer) - self._at)
            self._at += here
            count -= here

    def _fill(self) -> bool:
        more = self._source.read(CHUNK)
        if self._at == len(self._buffer):
            self._before += len(self._buffer)
            self._buffer, self._at = more, 0
        else:
            self._before += self._at
            self._buffer, self._at = self._buffer[self._at :] + more, 0
        return bool(more)
