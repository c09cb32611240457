"""All three of the new mount calls; what they make is attached nowhere and ends with its descriptor."""

import os

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe

FSCONFIG_CMD_CREATE = 6


def act(_: Context) -> Answer:
    """A tmpfs."""
    return permitted("mounting tmpfs by the new calls", _mount)


def _mount() -> int:
    context = call("fsopen", b"tmpfs\0", 0)
    call("fsconfig", context, FSCONFIG_CMD_CREATE, None, None, 0)
    os.close(call("fsmount", context, 0, 0))
    return 0


PROBE = Probe(
    id="mount-new-calls",
    theme="kernel",
    title="mount a file system by fsopen, fsconfig and fsmount",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    also=("capabilities", "identity"),
    needs_root=True,
)
