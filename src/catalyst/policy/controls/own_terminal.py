"""Terminals."""

from catalyst.policy.build import Control
from catalyst.policy.model import OwnTerminal

CONTROL = Control(
    id="own-terminal",
    title="the caller's terminal stays outside",
    why="TIOCSTI types commands into the terminal it is called on (CVE-2017-5226)",
    rules=lambda _: [OwnTerminal()],
)
