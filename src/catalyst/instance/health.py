"""Does the workload answer?"""

import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit

MOST = 4096


def answers(url: str, timeout: float = 3.0, path: str = "/readyz") -> bool:
    """GET /readyz is answered with 200: the gateway answers, and ComfyUI answered it just now.

    Asked through the published address. One deadline in seconds for the whole answer, and only its first line is read:
    what answers there may drip, flood or lie (tests/attacks/test_slow_health.py). Certificates are not looked at: nothing
    is sent but the question, and one for another name is the owner's business.
    """
    where, end = urlsplit(url), time.monotonic() + timeout
    port = where.port or {"http": 80, "https": 443}.get(where.scheme)
    with suppress(OSError), socket.create_connection((where.hostname, port), timeout=timeout) as plainly:
        asked = _encrypted(plainly) if where.scheme == "https" else plainly
        asked.settimeout(max(0.001, end - time.monotonic()))
        asked.sendall(f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n".encode())
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


def _encrypted(plainly: socket.socket) -> socket.socket:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plainly)
