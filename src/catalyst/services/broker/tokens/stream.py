"""Reading HTTP/1 from a blocking socket: heads, and bodies of every length. Nothing of a body is kept."""

import re
import socket
from collections.abc import Iterator

from catalyst.services.broker.head import BadHead, ended
from catalyst.services.broker.plain import BadAnswer

PIECE = 256 * 1024
MOST_LINE, MOST_TRAILERS = 4096, 64
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")


class Stream:
    """One direction of a connection, with what was read ahead of what was asked for."""

    def __init__(self, end: socket.socket) -> None:
        self._end, self._ahead = end, b""

    def head(self, most: int) -> bytes:
        """A head with its empty line. Raises BadHead, OSError."""
        while (end := ended(self._ahead)) is None:
            if len(self._ahead) > most:
                raise BadHead("too long a head")
            more = self._end.recv(16 * 1024)
            if not more:
                raise BadHead("ended inside the head")
            self._ahead += more
        found, self._ahead = self._ahead[:end], self._ahead[end:]
        return found

    @property
    def ahead(self) -> bytes:
        """What came behind the last head or line."""
        return self._ahead

    def some(self, most: int) -> bytes:
        """At least one byte, empty at the end."""
        if not self._ahead:
            return self._end.recv(min(most, PIECE))
        found, self._ahead = self._ahead[:most], self._ahead[most:]
        return found

    def exactly(self, length: int) -> Iterator[bytes]:
        """So many bytes in pieces. Raises ConnectionResetError when fewer come."""
        while length:
            data = self.some(length)
            if not data:
                raise ConnectionResetError("the body was cut off")
            length -= len(data)
            yield data

    def until_end(self) -> Iterator[bytes]:
        """Everything."""
        while data := self.some(PIECE):
            yield data

    def chunked(self) -> Iterator[bytes]:
        """A chunked body's content (RFC 9112 7.1); its trailers are dropped. Raises BadAnswer, OSError."""
        while True:
            size = _SIZE.fullmatch(self._line())
            if size is None:
                raise BadAnswer("not a chunk")
            if not int(size[1], 16):
                break
            yield from self.exactly(int(size[1], 16))
            if self._line():
                raise BadAnswer("a chunk that is longer than it says")
        for _ in range(MOST_TRAILERS):
            if not self._line():
                return
        raise BadAnswer("trailers without end")

    def _line(self) -> bytes:
        while (end := self._ahead.find(b"\r\n")) < 0:
            if len(self._ahead) > MOST_LINE:
                raise BadAnswer("too long a line")
            more = self._end.recv(16 * 1024)
            if not more:
                raise ConnectionResetError("the body was cut off")
            self._ahead += more
        found, self._ahead = self._ahead[:end], self._ahead[end + 2 :]
        return found
