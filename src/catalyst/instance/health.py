"""Does the workload answer?"""

import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit

MOST = 4096


def answers(url: str, timeout: float = 3.0) -> bool:
    """GET /system_stats is answered with 200, asked through the published address and so through gateway and door.

    The workload may drip, flood or lie, so there is one deadline in seconds for the whole answer, and only its first
    line is read (tests/attacks/test_slow_health.py).
    """
    where, end = urlsplit(url), time.monotonic() + timeout
    with suppress(OSError), socket.create_connection((where.hostname, where.port), timeout=timeout) as asked:
        asked.sendall(f"GET /system_stats HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n".encode())
        said = b""
        while b"\n" not in said and len(said) < MOST:
            asked.settimeout(max(0.001, end - time.monotonic()))
            got = asked.recv(MOST)
            if not got or time.monotonic() > end:
                return False
            said += got
        words = said.split(None, 2)
        return len(words) > 1 and words[0].startswith(b"HTTP/1.") and words[1] == b"200"
    return False
