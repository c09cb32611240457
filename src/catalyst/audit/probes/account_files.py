"""passwd, group and hosts are the session's own files inside."""

from catalyst.audit.inside.acts.files import overwriting
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="account-files",
    theme="write",
    title="alter the names of users and hosts",
    origin="linPEAS",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=overwriting("/etc/passwd", "/etc/group", "/etc/hosts"),
)
