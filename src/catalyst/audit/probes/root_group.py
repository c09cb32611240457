"""setgroups(2). bubblewrap started by root leaves CAP_SETGID to the guard, which drops it."""

import errno
import os

from catalyst.audit.inside.probe import CONTAINERS, GUARD, Answer, Context, Probe, allowed, met


def act(_: Context) -> Answer:
    """In this short-lived child."""
    try:
        os.setgroups([0])
    except OSError as error:
        if error.errno == errno.EINVAL:
            return Answer("denied", "setgroups: there is no such group in its user namespace", "EINVAL")
        return met(error, "setgroups")
    return allowed("it joined root's group")


PROBE = Probe(
    id="root-group",
    theme="identity",
    title="join root's group",
    origin="general",
    control="capabilities",
    layers=(*CONTAINERS, GUARD),
    also=("identity", "system-calls"),
    needs_root=True,
    act=act,
)
