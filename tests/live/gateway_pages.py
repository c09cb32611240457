"""`python gateway_pages.py PORT < BEARER`: asks the gateway at 127.0.0.1:PORT for all that it has of its own and for some of
what it must not have, with the login and without, and prints the answers, heads and bodies, as a JSON list."""

import json
import socket
import sys
from contextlib import suppress

PATHS = ("/", "/catalyst", "/catalyst/", "/catalyst/state", "/catalyst/login", "/catalyst/logout", "/catalyst/tokens",
         "/catalyst/egress", "/healthz", "/readyz", "/metrics", "/system_stats", "/internal/logs",
         "/view?filename=../../.catalyst/session/broker.json", "/userdata/..%2f.catalyst%2fsession%2fplan.json")  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "TRACE")


def ask(port: int, method: str, path: str, bearer: str) -> str:
    said = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\n"
    answer = b""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 30) as line:
        line.sendall(f"{said}{f'Authorization: Bearer {bearer}' + chr(13) + chr(10) if bearer else ''}\r\n".encode())
        while piece := line.recv(1 << 16):
            answer += piece
    return answer.decode(errors="replace")


def pages(port: int, bearer: str) -> list[str]:
    return [ask(port, method, path, word) for path in PATHS for method in METHODS for word in ("", bearer)]


if __name__ == "__main__":
    print(json.dumps(pages(int(sys.argv[1]), sys.stdin.read().strip())))
