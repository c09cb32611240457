"""By clone3(2), whose flags lie behind a pointer where seccomp cannot look: filters answer ENOSYS."""

from functools import partial

from catalyst.audit.inside.acts.kernel import CLONE_NEWUSER, clone3, permitted
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """The new process ends at once."""
    return permitted("making a user namespace by clone3", partial(clone3, CLONE_NEWUSER))


PROBE = Probe(
    id="user-namespace-clone3",
    theme="kernel",
    title="become root in a user namespace, by clone3",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
)
