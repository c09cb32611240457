"""setresgid(2) to a group that nobody has, in this short-lived child."""

import errno
import os

from catalyst.audit.inside.probe import CONTAINERS, GUARD, Answer, Context, Probe, allowed, met

GROUP = 1234


def act(_: Context) -> Answer:
    """Any group would do."""
    try:
        os.setresgid(GROUP, GROUP, GROUP)
    except OSError as error:
        if error.errno == errno.EINVAL:  # user_namespaces(7)
            return Answer("denied", "setresgid: there is no such group in its user namespace", "EINVAL")
        return met(error, "setresgid")
    return allowed("it became another group")


PROBE = Probe(
    id="other-group",
    theme="identity",
    title="become another group",
    origin="general",
    control="capabilities",
    layers=(*CONTAINERS, GUARD),
    also=("identity", "system-calls"),
    needs_root=True,
    act=act,
)
