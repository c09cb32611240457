"""nf_tables answers to whoever is root in a network namespace."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWNET, CLONE_NEWUSER, unshares
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="network-namespace",
    theme="kernel",
    title="make a network namespace",
    origin="CVE-2024-1086",
    control="system-calls",
    layers=EVERYONE,
    act=unshares("a network namespace", CLONE_NEWUSER | CLONE_NEWNET),
)
