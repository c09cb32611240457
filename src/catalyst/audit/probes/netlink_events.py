"""Devices as they come and go."""

from catalyst.audit.inside.acts.sockets import socket_of
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="netlink-events",
    theme="kernel",
    title="listen to the kernel's device events",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=socket_of("a kobject_uevent netlink socket", 16, 3, 15),
)
