"""On a console it pastes what was selected."""

from catalyst.audit.inside.acts.terminals import requests
from catalyst.audit.inside.probe import GUARD, Probe

# a terminal of its own is no console: ENOTTY
PROBE = Probe(
    id="terminal-paste",
    theme="kernel",
    title="paste into a console (TIOCLINUX)",
    origin="CVE-2023-28100",
    control="system-calls",
    layers=(GUARD,),
    act=requests("TIOCLINUX", 0x541C),
)
