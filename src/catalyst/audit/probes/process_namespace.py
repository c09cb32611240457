"""With a user namespace, which anybody may make, so that this one may be made."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWPID, CLONE_NEWUSER, unshares
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="process-namespace",
    theme="kernel",
    title="make a process namespace",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=unshares("a process namespace", CLONE_NEWUSER | CLONE_NEWPID),
)
