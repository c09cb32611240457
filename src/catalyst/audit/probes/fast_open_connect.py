"""connect(2) that only remembers the address, and connects with the first send."""

import socket

from catalyst.audit.inside.acts.network import TCP_FASTOPEN_CONNECT, fast_open, to_bait
from catalyst.audit.inside.probe import EVERYONE, Probe

act = to_bait("tcp", lambda to: fast_open(to, _send))


def _send(line: socket.socket, to: tuple[str, int]) -> object:
    line.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
    line.connect(to)
    return line.send(b"")


PROBE = Probe(
    id="fast-open-connect",
    theme="network",
    title="connect by TCP Fast Open (TCP_FASTOPEN_CONNECT)",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=act,
)
