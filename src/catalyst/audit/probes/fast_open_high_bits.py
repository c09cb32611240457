"""The flags are an unsigned int."""

import socket

from catalyst.audit.inside.acts.network import MSG_FASTOPEN, fast_open, socket_address, to_bait
from catalyst.audit.inside.native import HIGH, call
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(context: Context) -> Answer:
    """sendto(2) with a high half that the kernel drops."""
    return to_bait("tcp", lambda to: fast_open(to, _send))(context)


def _send(line: socket.socket, to: tuple[str, int]) -> object:
    name = socket_address(to)
    return call("sendto", line.fileno(), None, 0, HIGH | MSG_FASTOPEN, name, len(name))


PROBE = Probe(
    id="fast-open-high-bits",
    theme="network",
    title="connect by TCP Fast Open, with high bits set",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=act,
    also=("system-calls",),
)
