"""The terminals of the host's users are files in /dev/pts. Opened for writing, and nothing written."""

import os

from catalyst.audit.inside.acts.files import any_opened, matching
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe


def act(_: Context) -> Answer:
    """A sandbox has an empty list of its own, unless it asked for a terminal."""
    return any_opened(matching("/dev/pts", "[0-9]*"), os.O_WRONLY, "terminal in /dev/pts")


PROBE = Probe(
    id="other-terminals",
    theme="identity",
    title="write to other users' terminals",
    origin="general",
    control="own-terminal",
    layers=ENGINES,
    also=("devices", "identity"),
    needs_root=True,
    act=act,
)
