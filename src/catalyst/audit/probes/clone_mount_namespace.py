"""clone(2) must stay for threads: its flags have to be looked at."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWNS, CLONE_NEWUSER, clones
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="clone-mount-namespace",
    theme="kernel",
    title="make a mount namespace by clone",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=clones("a mount namespace", CLONE_NEWUSER | CLONE_NEWNS),
)
