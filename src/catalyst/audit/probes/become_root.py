"""setresuid(2) to 0, in this short-lived child. bubblewrap started by root leaves taking the user to the guard."""

import errno
import os

from catalyst.audit.inside.probe import CONTAINERS, GUARD, Answer, Context, Probe, allowed, met


def act(_: Context) -> Answer:
    """Root already, or root by asking."""
    if os.geteuid() == 0:
        return allowed("it is root already")
    try:
        os.setresuid(0, 0, 0)
    except OSError as error:
        if error.errno == errno.EINVAL:  # user_namespaces(7)
            return Answer("denied", "setresuid: there is no root in its user namespace", "EINVAL")
        return met(error, "setresuid")
    return allowed("it became root")


PROBE = Probe(
    id="become-root",
    theme="identity",
    title="become root",
    origin="general",
    control="identity",
    layers=(*CONTAINERS, GUARD),
    needs_root=True,
    act=act,
)
