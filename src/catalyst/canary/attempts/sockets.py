"""Get out through sockets: other programs' doors on this machine, and socket families that open the kernel."""

import os
import socket
from functools import partial

from catalyst.canary.attempt import Answer, Attempt, Context, allowed, first_allowed, met

NETLINK_NETFILTER = 12  # linux/netlink.h: any family but route (0), which programs need to list interfaces
ENGINES = (
    "/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock", "/run/crio/crio.sock",
    "/run/user/{uid}/podman/podman.sock", "/run/user/{uid}/docker.sock",
)  # fmt: skip
DESKTOP = (
    "/tmp/.X11-unix/X0", "/tmp/.X11-unix/X1", "/run/dbus/system_bus_socket", "/run/user/{uid}/bus",
    "/run/user/{uid}/wayland-0", "/run/user/{uid}/pulse/native", "/run/user/{uid}/keyring/ssh",
    "/run/systemd/private", "\0/tmp/.X11-unix/X0",
)  # fmt: skip


def knock(path: str) -> Answer:
    """Connect to a unix socket and hang up, without a byte. Raises OSError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.settimeout(1)
        door.connect(path)
    return allowed(f"{path.replace(chr(0), '@')} can be talked to")


def _knock_any(paths: tuple[str, ...], _: Context) -> Answer:
    """The first door that opens. What is there and refuses is told before what is not there."""
    uid = os.getuid()
    return first_allowed([partial(_named, path.format(uid=uid)) for path in paths], "nothing to look for")


def _named(path: str) -> Answer:
    try:
        return knock(path)
    except OSError as error:  # connect(2) does not put the path into its error
        return met(error, path.replace("\0", "@"))


def open_socket(what: str, family: int, kind: int, protocol: int) -> Answer:
    """Make a socket of that family and close it. Raises OSError."""
    socket.socket(family, kind, protocol).close()
    return allowed(f"{what} could be made")


def _family(what: str, family: int, kind: int, protocol: int, _: Context) -> Answer:
    try:
        return open_socket(what, family, kind, protocol)
    except OSError as error:
        return met(error, what)


def _attempt(key: str, title: str, what: str, family: int, kind: int, protocol: int = 0) -> Attempt:
    return Attempt(key, "kernel", title, "general", partial(_family, what, family, kind, protocol))


ATTEMPTS = (
    Attempt("engine-sockets", "kernel", "start a privileged container (docker.sock and its kin)", "I7",
            partial(_knock_any, ENGINES)),
    Attempt("desktop-sockets", "kernel", "reach the desktop: screen, keyboard, message bus", "general",
            partial(_knock_any, DESKTOP)),
    _attempt("packet-socket", "listen to the network card", "an AF_PACKET socket", socket.AF_PACKET, socket.SOCK_RAW),
    _attempt("raw-socket", "forge network packets", "a raw socket", socket.AF_INET, socket.SOCK_RAW,
             socket.IPPROTO_ICMP),
    _attempt("netlink-socket", "reach the kernel's firewall code", "a netfilter netlink socket", socket.AF_NETLINK,
             socket.SOCK_RAW, NETLINK_NETFILTER),
    _attempt("vsock-socket", "reach the virtual machine's host", "an AF_VSOCK socket", socket.AF_VSOCK,
             socket.SOCK_STREAM),
    _attempt("alg-socket", "reach the kernel's crypto code", "an AF_ALG socket", socket.AF_ALG, socket.SOCK_SEQPACKET),
)  # fmt: skip
