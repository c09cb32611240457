"""connect(AF_UNSPEC) takes a connection apart; who looked at the first address only is fooled by the second."""

import socket

from catalyst.audit.inside.acts.network import socket_address, to_bait
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, met


def act(context: Context) -> Answer:
    """Taken apart first, then connected."""
    return to_bait("tcp", _again)(context)


def _again(to: tuple[str, int]) -> Answer:
    unspecified = b"\0" * 16
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
            for name in (unspecified, socket_address(to), unspecified, socket_address(to)):
                call("connect", line.fileno(), name, len(name))
    except OSError as error:
        return met(error, f"{to[0]}:{to[1]}")
    return allowed(f"{to[0]}:{to[1]}: connected twice")


PROBE = Probe(
    id="host-loopback-again",
    theme="network",
    title="reach a service on the host's loopback with a socket used twice",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=act,
)
