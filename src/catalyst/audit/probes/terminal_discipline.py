"""n_gsm and its like are loaded on request and full of flaws."""

from catalyst.audit.inside.acts.terminals import requests
from catalyst.audit.inside.probe import GUARD, Probe

PROBE = Probe(
    id="terminal-discipline",
    theme="kernel",
    title="load a line discipline (TIOCSETD)",
    origin="CVE-2023-6546",
    control="system-calls",
    layers=(GUARD,),
    act=requests("TIOCSETD", 0x5423),
)
