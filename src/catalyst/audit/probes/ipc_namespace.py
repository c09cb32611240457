"""With a user namespace, which anybody may make, so that this one may be made."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWIPC, CLONE_NEWUSER, unshares
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="ipc-namespace",
    theme="kernel",
    title="make an IPC namespace",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=unshares("an IPC namespace", CLONE_NEWUSER | CLONE_NEWIPC),
)
