"""X11 reads every key typed; the message bus starts programs."""

from catalyst.audit.inside.acts.sockets import knocks_any
from catalyst.audit.inside.probe import ENGINES, Probe

act = knocks_any(
    "/tmp/.X11-unix/X0", "/tmp/.X11-unix/X1", "/run/dbus/system_bus_socket", "/run/user/{uid}/bus",
    "/run/user/{uid}/wayland-0", "/run/user/{uid}/pulse/native", "/run/user/{uid}/keyring/ssh",
    "/run/systemd/private", "\0/tmp/.X11-unix/X0",
)  # fmt: skip

PROBE = Probe(
    id="desktop-sockets",
    theme="kernel",
    title="reach the desktop: screen, keyboard, message bus",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    act=act,
    also=("network-mode",),
)
