"""Slows everybody down."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

# EBADF
PROBE = Probe(
    id="flush-host",
    theme="kernel",
    title="flush the host's file systems (syncfs)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("syncfs", -1),
    levels=FROM_HIGH,
)
