"""The socket by which the owner asks the broker what it holds, and allows hosts. The workload is shown the other one."""

from catalyst.audit.inside.acts.sockets import knocks_bait
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="broker-control",
    theme="read",
    title="ask the program that holds the tokens, by its owner's socket",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    act=knocks_bait("control"),
)
