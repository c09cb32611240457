"""A path is all that is needed, and Landlock has no rule on it."""

from catalyst.audit.inside.acts.sockets import knocks_bait
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="host-unix-socket",
    theme="kernel",
    title="talk to a program of the host by its unix socket",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    act=knocks_bait("unix"),
)
