"""/dev/tty is the caller's terminal for whoever is in its session."""

import os
from pathlib import Path

from catalyst.audit.inside.acts.files import can_open
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, denied


def act(context: Context) -> Answer:
    """Opened; what could be typed there is asked by another probe."""
    answer = can_open(Path("/dev/tty"), os.O_RDWR)
    if context.bait.get("tty") != "1":
        return denied("the terminal it has is not that of its caller, who has none")
    return answer


PROBE = Probe(
    id="controlling-terminal",
    theme="identity",
    title="open the terminal of whoever started it",
    origin="CVE-2017-5226",
    control="own-terminal",
    layers=ENGINES,
    act=act,
)
