"""Arguments hold tokens and paths, and /proc shows everybody's; Landlock does not hide them."""

from pathlib import Path

from catalyst.audit.inside.acts.files import can_open
from catalyst.audit.inside.acts.processes import on_victim
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="victim-command-line",
    theme="read",
    title="read the arguments of a host process",
    origin="I9",
    control="namespaces",
    layers=ENGINES,
    act=on_victim(lambda pid: can_open(Path(f"/proc/{pid}/cmdline"), 0)),
)
