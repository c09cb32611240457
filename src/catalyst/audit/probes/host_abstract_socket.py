"""Abstract names belong to the network namespace; Landlock scopes them from ABI 6."""

from catalyst.audit.inside.acts.sockets import knocks_bait
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="host-abstract-socket",
    theme="kernel",
    title="talk to a program of the host by an abstract unix socket",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=knocks_bait("abstract", "\0"),
    also=("write-confinement",),
)
