"""Root's SSH keys: /root is in no sandbox, and its mode refuses everybody else."""

from catalyst.audit.inside.acts.files import reading
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="root-ssh",
    theme="read",
    title="take root's SSH keys",
    origin="I7",
    control="namespaces",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=reading("/root/.ssh"),
)
