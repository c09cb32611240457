"""With a user namespace, which anybody may make, so that this one may be made."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWTIME, CLONE_NEWUSER, unshares
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="time-namespace",
    theme="kernel",
    title="make a time namespace",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=unshares("a time namespace", CLONE_NEWUSER | CLONE_NEWTIME),
)
