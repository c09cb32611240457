"""kcmp(2) tells addresses' order: a helper of kernel exploits."""

import os

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.acts.tracing import compare
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """Of itself with itself, which anybody may ask for."""
    return permitted("comparing itself", lambda: compare(os.getpid()))


PROBE = Probe(
    id="compare-processes",
    theme="kernel",
    title="compare kernel objects (kcmp)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
)
