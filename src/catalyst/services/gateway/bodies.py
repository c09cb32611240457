"""Bodies as they come: what in the bytes of a connection is body, and what comes after it."""

import re
from typing import TypeAlias

from catalyst.services.gateway.heads import CHUNKED, TO_THE_END

LINE = 4096  # bytes of a chunk's first line, and of all lines after the last one
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n")
END = b"0\r\n\r\n"


class Malformed(Exception):
    """The body is none."""


class Counted:
    """One of a length that was said. `left`: bytes that have not been."""

    def __init__(self, length: int) -> None:
        self.left = length

    @property
    def over(self) -> bool:
        """All of it has been."""
        return self.left == 0

    def feed(self, data: bytes) -> tuple[list[bytes | memoryview], bytes]:
        """Pieces of the body, and what follows it."""
        piece, rest = (data, b"") if len(data) <= self.left else (data[: self.left], data[self.left :])
        self.left -= len(piece)
        return [piece] if piece else [], rest


class ToTheEnd:
    """One that ends with its connection."""

    over = False

    def feed(self, data: bytes) -> tuple[list[bytes | memoryview], bytes]:
        """All is body."""
        return [data] if data else [], b""


class Chunked:
    """One in chunks (RFC 9112 7.1). Extensions and trailers are left out."""

    def __init__(self) -> None:
        self._line = b""  # one that has not come whole
        self._left = 0  # of a chunk
        self._trailer = -1  # bytes of it so far; -1 before the last chunk
        self._after = False  # a chunk was whole: its line end is next
        self.over = False

    def feed(self, data: bytes) -> tuple[list[bytes | memoryview], bytes]:
        """Pieces of the body, and what follows it. Raises Malformed."""
        if self._line:
            data, self._line = self._line + data, b""
        pieces: list[bytes | memoryview] = []
        whole, at = memoryview(data), 0
        while at < len(data) and not self.over:
            if self._left:
                piece = whole[at : at + self._left]
                pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
                self._after = self._left == 0
                continue
            end = data.find(b"\n", at, at + LINE) + 1
            if not end:
                if len(data) - at >= LINE:
                    raise Malformed
                self._line = data[at:]
                return pieces, b""
            self._end_of_line(data[at:end])
            at = end
        return pieces, data[at:]

    def _end_of_line(self, line: bytes) -> None:
        """What is not a chunk's content: the end of one, the size of the next, trailers."""
        if self._after:
            self._after = False
            if line != b"\r\n":
                raise Malformed
        elif self._trailer < 0:
            size = _SIZE.fullmatch(line)
            if not size:
                raise Malformed
            self._left = int(size[1], 16)
            self._trailer = -1 if self._left else 0
        elif line == b"\r\n":
            self.over = True
        else:
            self._trailer += len(line)
            if self._trailer > LINE or not _TRAILER.fullmatch(line):
                raise Malformed


Body: TypeAlias = "Counted | ToTheEnd | Chunked"


def body(length: int) -> Body:
    """What reads one of `length` bytes, or as CHUNKED or TO_THE_END say."""
    if length == CHUNKED:
        return Chunked()
    return ToTheEnd() if length == TO_THE_END else Counted(length)


def chunk(piece: bytes | memoryview) -> tuple[bytes, bytes | memoryview, bytes]:
    """`piece`, which is not empty, as one chunk."""
    return b"%x\r\n" % len(piece), piece, b"\r\n"
