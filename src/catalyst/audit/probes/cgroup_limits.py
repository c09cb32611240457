"""The files that hold its own limits. Opened for writing, and nothing written."""

import os
from pathlib import Path

from catalyst.audit.inside.acts.files import any_opened
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe

ROOT = Path("/sys/fs/cgroup")
LIMITS = ("memory.max", "pids.max", "cpu.max", "memory.limit_in_bytes", "cgroup.procs")


def act(_: Context) -> Answer:
    """Of its own group, in version 2 (no controller's name) as in version 1."""
    folders = [ROOT]
    for line in Path("/proc/self/cgroup").read_text("utf-8", "replace").splitlines():
        _number, names, own = line.split(":", 2)
        folders += [ROOT / name.removeprefix("name=") / own.lstrip("/") for name in names.split(",")]
    found = [folder / name for folder in dict.fromkeys(folders) for name in LIMITS]
    return any_opened([path for path in found if path.exists()], os.O_WRONLY, "control group in sight")


PROBE = Probe(
    id="cgroup-limits",
    theme="machine",
    title="raise its own limits in the control groups",
    origin="I7",
    control="namespaces",
    layers=EVERYONE,
    also=("identity", "write-confinement", "masked-paths"),
    needs_root=True,
    kept_by={"podman": "it mounts the control groups read-only whatever it is told"},
    act=act,
)
