"""Through the broker's socket, the only way out: by name, so that the broker looks it up and says why it refuses."""

import os
import socket

from catalyst.fetcher.failed import Failed

DIAL = 60.0  # s for the broker to look up and dial
LONGEST = 4096  # bytes of its answer
BROKER = "CATALYST_BROKER"  # variable with the socket's path; without it, this machine's own network


def connected(host: str, port: int, stall: float) -> socket.socket:
    """A stream to `host`, with `stall` seconds as its time-out. Raises OSError, Failed where the broker refuses."""
    door = os.environ.get(BROKER)
    if not door:
        return socket.create_connection((host, port), stall)
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        peer.settimeout(DIAL)
        peer.connect(door)
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        peer.sendall(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\nCatalyst-Program: fetch\r\n\r\n".encode("ascii"))
        _answered(peer, host)
        peer.settimeout(stall)
    except BaseException:
        peer.close()
        raise
    return peer


def _answered(peer: socket.socket, host: str) -> None:
    """Read the broker's answer and not a byte more: the server's own may follow. Raises Failed."""
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < LONGEST:
        byte = peer.recv(1)
        if not byte:
            raise ConnectionResetError("the broker ended")
        head += byte
    first, *fields = head.decode("latin-1").split("\r\n")
    status = first.split(" ")[1] if first.count(" ") else ""
    if status == "200":
        return
    why = next((field.partition(":")[2].strip() for field in fields if field.lower().startswith("catalyst-reason:")), first)
    if status == "403":
        raise Failed(f"{host} may not be reached: {why}", f"if its site names it: catalyst fetch --egress-allow {host}")
    raise Failed(f"{host} cannot be reached: {why}", again=True)
