"""Acts on sockets: made and closed, connected and hung up, without a byte of payload."""

import errno
import os
import socket
from collections.abc import Callable
from functools import partial

from catalyst.audit.inside.probe import Answer, Context, allowed, first_allowed, met, unknown

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


def knocks_any(*paths: str) -> Act:
    """The first door that opens; {uid} stands for the user's number.

    What is there and refuses is told before what is not there.
    """
    return lambda _: first_allowed(
        [partial(knock, path.format(uid=os.getuid())) for path in paths], "nothing to look for"
    )


def knocks_bait(key: str, prefix: str = "") -> Act:
    """The listening socket that was laid as bait under that key."""

    def act(context: Context) -> Answer:
        bait = context.bait.get(key)
        return knock(prefix + bait) if bait else unknown("no bait was laid")

    return act


def knock(path: str) -> Answer:
    """Connect to a unix socket and hang up. A path that begins with NUL is an abstract name."""
    name = path.replace("\0", "@")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.settimeout(1)
            door.connect(path)
    except OSError as error:  # connect(2) does not put the path into its error
        if error.errno == errno.EPROTOTYPE:  # asked last, after the permission: datagrams, as /run/systemd/notify
            return allowed(f"{name} can be reached, and wants another kind of socket", error)
        return met(error, name)
    return allowed(f"{name} can be talked to")
