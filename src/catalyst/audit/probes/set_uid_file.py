"""chmod 4755 on a file of its own among the outputs, which lie on the host's disk. Made and removed."""

import os
from pathlib import Path

from catalyst.audit.inside.acts.files import NEW, in_place, unique
from catalyst.audit.inside.probe import Answer, Context, Probe, allowed, denied


def act(context: Context) -> Answer:
    """Does the mode stay?"""
    return in_place(context, "output", _set_uid)


def _set_uid(folder: Path) -> Answer:
    path = unique(folder)
    os.close(os.open(path, NEW, 0o600))
    try:
        path.chmod(0o4755)
        kept = bool(path.stat().st_mode & 0o4000)
    finally:
        path.unlink()
    return allowed(f"a set-uid file could be left in {folder}") if kept else denied("the mode does not stay")


PROBE = Probe(
    id="set-uid-file",
    theme="write",
    title="leave a set-uid program on the host's disk",
    origin="linPEAS",
    control="write-confinement",
    layers=(),
    levels=(),
    open_because="it gives whoever runs it outside the rights of the workload's own user, and those are no more than his",
    act=act,
)
