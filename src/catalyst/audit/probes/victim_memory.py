"""The memory of a host process of the same user, opened and not read. Yama may refuse it to users as well."""

import os
from pathlib import Path

from catalyst.audit.inside.acts.files import can_open
from catalyst.audit.inside.acts.processes import DOMAIN, on_victim
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="victim-memory",
    theme="read",
    title="open the memory of a host process of the same user",
    origin="general",
    control="namespaces",
    layers=EVERYONE,
    also=DOMAIN,
    needs_root=True,
    act=on_victim(lambda pid: can_open(Path(f"/proc/{pid}/mem"), os.O_RDONLY)),
)
