"""A symbolic link in a writable folder to a file of the code, written through: what counts is where it leads."""

import os

from catalyst.audit.inside.acts.files import can_open, code_file, unique
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(context: Context) -> Answer:
    """The link is made in the temporary folder and removed; the file is opened for writing and not written."""
    link = unique(context.scratch)
    link.symlink_to(code_file(context))
    try:
        return can_open(link, os.O_WRONLY)
    finally:
        link.unlink()


PROBE = Probe(
    id="link-to-code",
    theme="write",
    title="write to the code through a link in a writable folder",
    origin="general",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=act,
)
