"""Acts on sockets: made and closed, connected and hung up, without a byte of payload."""

import socket
from collections.abc import Callable

from catalyst.audit.inside.probe import Answer, Context, allowed, met

Act = Callable[[Context], Answer]


def socket_of(what: str, family: int, kind: int, protocol: int) -> Act:
    """Make a socket of that family and close it."""

    def act(_: Context) -> Answer:
        try:
            socket.socket(family, kind, protocol).close()
        except OSError as error:
            return met(error, what)
        return allowed(f"{what} could be made")

    return act
