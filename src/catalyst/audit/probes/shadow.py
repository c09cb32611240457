"""Password hashes: only root and the group shadow may read them, and bubblewrap does not show them at all."""

from catalyst.audit.inside.acts.files import reading
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="shadow",
    theme="read",
    title="take the password hashes",
    origin="general",
    control="identity",
    layers=EVERYONE,
    also=("namespaces",),
    needs_root=True,
    act=reading("/etc/shadow"),
)
