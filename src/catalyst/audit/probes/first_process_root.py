"""GHOST reached the host's files through a shared process namespace: /proc/1/root is then the host's root."""

from pathlib import Path

from catalyst.audit.inside.acts.files import count_bytes, count_entry
from catalyst.audit.inside.acts.processes import DOMAIN
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, denied


def act(context: Context) -> Answer:
    """The bait seen from there; without one, a root other than this program's own."""
    if bait := context.bait.get("file"):
        return count_bytes(Path(f"/proc/1/root{bait}"))
    theirs, own = Path("/proc/1/root/").stat(), Path("/").stat()
    if (theirs.st_dev, theirs.st_ino) == (own.st_dev, own.st_ino):
        return denied("/proc/1/root is the root this program has anyway")
    return count_entry(Path("/proc/1/root/"))


PROBE = Probe(
    id="first-process-root",
    theme="read",
    title="reach the host's files through the first process",
    origin="I7",
    control="namespaces",
    layers=EVERYONE,
    also=("identity", "capabilities", *DOMAIN),
    needs_root=True,
    act=act,
)
