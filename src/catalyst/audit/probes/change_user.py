"""Identity is final. The outer layer allows it for the guard."""

import os

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import GUARD, Answer, Context, Probe


def act(_: Context) -> Answer:
    """To the user it is."""
    return permitted("setuid", lambda: call("setuid", os.getuid()))


PROBE = Probe(
    id="change-user",
    theme="kernel",
    title="change its user (setuid)",
    origin="general",
    control="system-calls",
    layers=(GUARD,),
    act=act,
    levels=("maximum",),
)
