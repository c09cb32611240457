"""::ffff:127.0.0.1: a filter of IPv4 addresses sees an IPv6 one."""

import socket

from catalyst.audit.inside.acts.network import open_door, to_bait
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(context: Context) -> Answer:
    """The same listener, by its mapped address."""
    return to_bait("tcp", lambda to: open_door(("::ffff:" + to[0], to[1]), family=socket.AF_INET6))(context)


PROBE = Probe(
    id="host-loopback-mapped",
    theme="network",
    title="reach a service on the host's loopback, as IPv6",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=act,
)
