"""The X server's second door needs no file."""

from catalyst.audit.inside.acts.sockets import knocks_any
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="desktop-screen",
    theme="kernel",
    title="read what is typed on the desktop (X11 by its abstract name)",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=knocks_any("\0/tmp/.X11-unix/X0", "\0/tmp/.X11-unix/X1"),
    also=("write-confinement",),
)
