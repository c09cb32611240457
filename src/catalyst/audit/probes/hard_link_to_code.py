"""A hard link in a writable folder is the same file under another name. Refused from one mount to another (EXDEV)."""

import errno
import os
from functools import partial
from pathlib import Path

from catalyst.audit.inside.acts.files import code_file, unique
from catalyst.audit.inside.probe import ENGINES, EVERYONE, Answer, Context, Probe, allowed, first_allowed, met


def act(context: Context) -> Answer:
    """In the temporary folder, and in the outputs, which lie on a disk."""
    folders = [context.scratch, *(context.places[name] for name in ("output",) if name in context.places)]
    return first_allowed([partial(_link, code_file(context), folder) for folder in folders], "")


def _link(file: Path, folder: Path) -> Answer:
    name = unique(folder)
    try:
        os.link(file, name)
    except OSError as error:
        if error.errno == errno.EXDEV:
            return Answer("denied", f"{file} and {folder} are different mounts", "EXDEV")
        return met(error)
    name.unlink()
    return allowed(f"{file} could be linked into {folder}")


PROBE = Probe(
    id="hard-link-to-code",
    theme="write",
    title="keep a file of the code under a second name",
    origin="general",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    kept_by=dict.fromkeys(ENGINES, "each folder is a mount of its own, and no link crosses one"),
    act=act,
)
