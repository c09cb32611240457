"""GHOST's pools listened on these; ports of their own fool filters that know web ports."""

from catalyst.audit.inside.acts.network import NOWHERE, departs
from catalyst.audit.inside.probe import EVERYONE, SEALED, Probe

PROBE = Probe(
    id="pool-port",
    theme="network",
    title="connect to a mining pool's port",
    origin="I4, I7",
    control="network-mode",
    layers=EVERYONE,
    act=lambda _: departs(NOWHERE, 3333, 4444, 5555, 7777, 8027, 8029, 9999),
    networks=SEALED,
)
