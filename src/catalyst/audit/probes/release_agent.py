"""Version 1 of control groups runs `release_agent` as root on the host; in version 2 a writer can leave its limits."""

from functools import partial
from os import O_WRONLY
from pathlib import Path

from catalyst.audit.inside.acts.files import absent, can_open
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, first_allowed

ROOT = Path("/sys/fs/cgroup")


def act(_: Context) -> Answer:
    """Open for writing, and write nothing."""
    files = [*ROOT.glob("*/release_agent"), *ROOT.glob("release_agent"), *ROOT.glob("cgroup.procs")]
    return first_allowed([partial(can_open, path, O_WRONLY) for path in files], "") if files else absent(f"{ROOT}/…")


PROBE = Probe(
    id="release-agent",
    theme="write",
    title="escape or shed its limits through control groups",
    origin="I7, CVE-2022-0492",
    control="namespaces",
    layers=EVERYONE,
    also=("identity", "write-confinement", "masked-paths"),
    needs_root=True,
    kept_by={"podman": "it mounts the control groups read-only whatever it is told"},
    act=act,
)
