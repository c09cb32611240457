"""A read-only root is a mount option, and root in the namespace may take it back."""

import os
from pathlib import Path

from catalyst.audit.inside.acts.mounts import MS_BIND, MS_RDONLY, MS_REMOUNT, in_private
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(context: Context) -> Answer:
    """A folder of its own, made read-only first, in a mount namespace that ends with a child."""
    return in_private("remounting", lambda: _remount(context.scratch))


def _remount(folder: Path) -> int:
    path = os.fsencode(folder) + b"\0"
    for flags in (MS_BIND, MS_REMOUNT | MS_BIND | MS_RDONLY, MS_REMOUNT | MS_BIND):
        call("mount", path, path, None, flags, None)
    return 0


PROBE = Probe(
    id="remount-writable",
    theme="kernel",
    title="make a read-only mount writable",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    also=("capabilities", "identity", "write-confinement", "execution"),
    needs_root=True,
)
