"""systemd starts any program for whoever may ask."""

from catalyst.audit.inside.acts.sockets import knocks_any
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="system-bus",
    theme="kernel",
    title="start services of the host by the message bus",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    act=knocks_any("/run/dbus/system_bus_socket", "/run/systemd/private", "/run/user/{uid}/bus"),
)
