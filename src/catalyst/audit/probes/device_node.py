"""mknod(2) of a twin of /dev/null, which is harmless: with it, a twin of the disk could be made."""

import os
import stat

from catalyst.audit.inside.acts.files import unique
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, met


def act(context: Context) -> Answer:
    """Make it and remove it."""
    path = unique(context.scratch)
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except OSError as error:
        return met(error, "mknod")
    path.unlink()
    return allowed(f"a device node could be made in {context.scratch}")


PROBE = Probe(
    id="device-node",
    theme="write",
    title="make a device node",
    origin="general",
    control="capabilities",
    layers=EVERYONE,
    also=("identity", "system-calls", "write-confinement", "execution"),
    needs_root=True,
    act=act,
)
