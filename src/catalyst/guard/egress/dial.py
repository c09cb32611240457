"""One request to the broker: `CONNECT host:port` over its unix socket, without ever waiting. Then it carries bytes."""

import errno
import socket

MOST_HEAD = 4096
WITHIN = 130.0  # seconds for an answer; Linux itself gives a SYN up after 127
# What a dial may fail with, by the name in the broker's Catalyst-Errno; anything else is "no route to host".
ERRNOS = {
    name: getattr(errno, name)
    for name in ("ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENETDOWN", "ETIMEDOUT", "EADDRNOTAVAIL")
}
PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")


class Dial:
    """Raises OSError at once if the broker cannot be asked: ENETDOWN when it is not there, ENOBUFS when it is too busy."""

    def __init__(self, door: str, host: str, port: int, program: bytes) -> None:
        self._head = b""
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.connection.setblocking(False)
            self.connection.connect(door)
            self.connection.send(request(host, port, program))
        except BlockingIOError as error:
            self.connection.close()
            raise OSError(errno.ENOBUFS, "the broker is too busy") from error
        except OSError as error:
            self.connection.close()
            raise OSError(errno.ENETDOWN, "the broker does not answer") from error

    def answer(self) -> int | None:
        """0 when bytes may flow, the errno of a refusal, None while the answer is incomplete. Takes no byte beyond it."""
        try:
            seen = self.connection.recv(MOST_HEAD, socket.MSG_PEEK)
        except BlockingIOError:
            return None
        except OSError:
            return errno.ENETDOWN
        known, both = len(self._head), self._head + seen
        head, end, _ = both.partition(b"\r\n\r\n")
        if not seen or (not end and len(both) >= MOST_HEAD):
            return errno.ENETDOWN
        # what is left unread is the far side's; an unfinished head is read, or epoll(7) would not wait for more
        self.connection.recv(len(head) + len(end) - known)
        self._head = both
        return verdict(head) if end else None

    def close(self) -> None:
        """Give the request up."""
        self.connection.close()


def request(host: str, port: int, program: bytes) -> bytes:
    """The head of a request; `program` is what the caller is called, for the broker's log."""
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    name = "".join(chr(one) if one in PLAIN else f"%{one:02X}" for one in program[:16])
    return f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\nCatalyst-Program: {name}\r\n\r\n".encode("ascii")


def verdict(head: bytes) -> int:
    """The errno that an answer's head means, 0 for yes. What is not understood is no."""
    first, *lines = head.split(b"\r\n")
    version, _, rest = first.partition(b" ")
    if version != b"HTTP/1.1":
        return errno.ENETDOWN
    match rest[:4].rstrip():
        case b"200":
            return 0
        case b"403":
            return errno.EACCES
        case b"504":
            return errno.ETIMEDOUT
        case b"502":
            named = [line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"catalyst-errno:")]
            return ERRNOS.get(named[0].decode("ascii", "replace"), errno.EHOSTUNREACH) if named else errno.EHOSTUNREACH
        case b"400":
            return errno.EINVAL
        case _:
            return errno.ENETDOWN
