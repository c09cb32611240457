"""With a user namespace, which anybody may make, so that this one may be made."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWUSER, CLONE_NEWUTS, unshares
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="uts-namespace",
    theme="kernel",
    title="make a host name namespace",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=unshares("a host name namespace", CLONE_NEWUSER | CLONE_NEWUTS),
)
