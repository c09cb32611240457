"""Tells where pages lie."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# of itself, no page
PROBE = Probe(
    id="page-migration",
    theme="kernel",
    title="move single pages (move_pages)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("move_pages", 0, 0, None, None, None, 0),
)
