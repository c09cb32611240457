"""On a terminal of its own; on another it would be the user's shell."""

from catalyst.audit.inside.acts.terminals import requests
from catalyst.audit.inside.probe import GUARD, Probe

PROBE = Probe(
    id="terminal-typing",
    theme="kernel",
    title="type into a terminal (TIOCSTI)",
    origin="CVE-2017-5226",
    control="system-calls",
    layers=(GUARD,),
    act=requests("TIOCSTI", 0x5412),
)
