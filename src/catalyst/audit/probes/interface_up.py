"""An interface that is down is switched on, or a filter's one off."""

import fcntl
import socket

from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, met

SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914


def act(_: Context) -> Answer:
    """The loopback, to the flags it has."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        flags = fcntl.ioctl(line, SIOCGIFFLAGS, b"lo".ljust(40, b"\0"))
        try:
            fcntl.ioctl(line, SIOCSIFFLAGS, flags)
        except OSError as error:
            return met(error, "setting the loopback's flags")
    return allowed("the loopback's flags could be set")


PROBE = Probe(
    id="interface-up",
    theme="network",
    title="switch network cards on and off",
    origin="general",
    control="capabilities",
    layers=EVERYONE,
    act=act,
    also=("identity",),
    needs_root=True,
)
