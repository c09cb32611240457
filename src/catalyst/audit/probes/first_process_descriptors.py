"""What PID 1 has open: in CVE-2024-21626 one of its descriptors was a folder of the host."""

from pathlib import Path

from catalyst.audit.inside.acts.processes import DOMAIN
from catalyst.audit.inside.acts.tracing import on_first
from catalyst.audit.inside.probe import EVERYONE, Answer, Probe, allowed


def act(_: int) -> Answer:
    """Can one be followed?"""
    Path("/proc/1/fd/0").readlink()
    return allowed("the descriptors of process 1 can be followed")


PROBE = Probe(
    id="first-process-descriptors",
    theme="read",
    title="follow the open files of the first process",
    origin="CVE-2024-21626",
    control="namespaces",
    layers=EVERYONE,
    also=("identity", "capabilities", *DOMAIN),
    needs_root=True,
    act=on_first(act),
)
