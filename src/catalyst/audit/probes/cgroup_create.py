"""A control group of its own, in which nothing limits it. Made and removed at once."""

from functools import partial
from pathlib import Path

from catalyst.audit.inside.acts.files import absent, unique
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, first_allowed

ROOT = Path("/sys/fs/cgroup")


def act(_: Context) -> Answer:
    """Below each hierarchy that is mounted."""
    found = [path.parent for path in (ROOT / "cgroup.procs", *ROOT.glob("*/cgroup.procs")) if path.exists()]
    return (
        first_allowed([partial(_make, folder) for folder in found], "") if found else absent("control group in sight")
    )


def _make(folder: Path) -> Answer:
    path = unique(folder)
    path.mkdir()
    path.rmdir()
    return allowed(f"a group could be made in {folder}")


PROBE = Probe(
    id="cgroup-create",
    theme="machine",
    title="make a control group without limits",
    origin="CVE-2022-0492",
    control="namespaces",
    layers=EVERYONE,
    also=("identity", "write-confinement", "masked-paths"),
    needs_root=True,
    kept_by={"podman": "it mounts the control groups read-only whatever it is told"},
    act=act,
)
