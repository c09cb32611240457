"""ultralytics 8.3.41 left its parent by setsid."""

import os
from functools import partial

from catalyst.audit.inside.acts.kernel import NONSENSE, reached
from catalyst.audit.inside.acts.tracing import forked
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """A nonsense flag beside UFFD_USER_MODE_ONLY, which anybody may ask for: EINVAL, where it is answered."""
    return forked(_leave)


def _leave() -> Answer:
    os.setsid()
    return forked(lambda: reached("userfaultfd()", partial(call, "userfaultfd", NONSENSE | 1)))


PROBE = Probe(
    id="new-session",
    theme="kernel",
    title="shake off the filter as a daemon (setsid and two forks)",
    origin="I3",
    control="system-calls",
    layers=EVERYONE,
    act=act,
)
