"""The request is an unsigned int: flatpak's filter compared 64 bits."""

from catalyst.audit.inside.acts.terminals import requests
from catalyst.audit.inside.native import HIGH
from catalyst.audit.inside.probe import GUARD, Probe

PROBE = Probe(
    id="terminal-typing-high-bits",
    theme="kernel",
    title="type into a terminal (TIOCSTI, with high bits set)",
    origin="CVE-2019-10063",
    control="system-calls",
    layers=(GUARD,),
    act=requests("TIOCSTI", HIGH | 0x5412),
)
