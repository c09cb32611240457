"""clone(2) must stay for threads: its flags have to be looked at."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWPID, CLONE_NEWUSER, clones
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="clone-process-namespace",
    theme="kernel",
    title="make a process namespace by clone",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=clones("a process namespace", CLONE_NEWUSER | CLONE_NEWPID),
)
