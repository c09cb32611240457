"""Keyboard, camera, microphone and USB, which belong to groups that a desktop's user is in."""

import os

from catalyst.audit.inside.acts.files import any_opened, matching
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe

PATTERNS = ("input/event*", "uinput", "hidraw*", "video*", "snd/*", "bus/usb/*/*", "vcs*")


def act(_: Context) -> Answer:
    """Opened for reading and not read."""
    return any_opened(matching("/dev", *PATTERNS), os.O_RDONLY, "keyboard, camera, microphone or screen")


PROBE = Probe(
    id="input-devices",
    theme="read",
    title="watch keyboard, camera, microphone or screen",
    origin="I1, I6",
    control="devices",
    layers=ENGINES,
    also=("identity",),
    needs_root=True,
    act=act,
)
