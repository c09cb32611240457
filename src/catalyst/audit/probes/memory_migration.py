"""Moves other processes' memory; a source of kernel races."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# itself, from no node to no node
PROBE = Probe(
    id="memory-migration",
    theme="kernel",
    title="move memory between nodes (migrate_pages)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("migrate_pages", 0, 0, None, None),
)
