"""SO_BINDTODEVICE goes past the routing table, and needs no privilege since Linux 5.7."""

import socket

from catalyst.audit.inside.acts.network import names
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, allowed, denied, met


def act(_: Context) -> Answer:
    """The first that is not the loopback."""
    if not (found := names()):
        return denied("no interface but the loopback")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, found[0].encode() + b"\0")
    except OSError as error:
        return met(error, found[0])
    return allowed(f"a socket was bound to {found[0]}")


PROBE = Probe(
    id="bind-to-device",
    theme="network",
    title="choose the network card it sends by",
    origin="general",
    control="network-mode",
    layers=ENGINES,
    act=act,
)
