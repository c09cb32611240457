"""vhangup(2)."""

import os

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.acts.tracing import forked
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, unknown


def act(_: Context) -> Answer:
    """In a session that has no terminal: CAP_SYS_TTY_CONFIG is asked for, then there is nothing to hang up."""
    return forked(_hang_up)


def _hang_up() -> Answer:
    os.setsid()
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return permitted("hanging up", lambda: call("vhangup"))
    return unknown("a new session has a terminal")


PROBE = Probe(
    id="terminal-hangup",
    theme="kernel",
    title="hang up the terminal under somebody else",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    also=("capabilities", "identity"),
    needs_root=True,
)
