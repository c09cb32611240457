"""In a new user namespace a user is root towards much of the kernel; most local exploits begin so."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWUSER, unshares
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="user-namespace",
    theme="kernel",
    title="become root in a user namespace",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=unshares("a user namespace", CLONE_NEWUSER),
)
