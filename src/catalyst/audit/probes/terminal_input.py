"""What is typed runs outside, as the user who started the sandbox."""

from catalyst.audit.inside.acts.terminals import type_into
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="terminal-input",
    theme="kernel",
    title="type into the terminal that started it",
    origin="CVE-2017-5226",
    control="own-terminal",
    layers=EVERYONE,
    act=lambda _: type_into("/dev/tty"),
    also=("system-calls",),
)
