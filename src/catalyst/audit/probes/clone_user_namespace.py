"""clone(2) must stay for threads: its flags have to be looked at."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWUSER, clones
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="clone-user-namespace",
    theme="kernel",
    title="make a user namespace by clone",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=clones("a user namespace", CLONE_NEWUSER),
)
