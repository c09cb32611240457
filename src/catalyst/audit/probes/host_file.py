"""A file of the host that anybody may read, outside every folder that is mounted."""

from pathlib import Path

from catalyst.audit.inside.acts.files import count_bytes
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, unknown


def act(context: Context) -> Answer:
    """The bait's path is the same inside, if it is there at all."""
    bait = context.bait.get("file")
    return count_bytes(Path(bait)) if bait else unknown("no bait was laid")


PROBE = Probe(
    id="host-file",
    theme="read",
    title="read a file of the host that is in no mounted folder",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    act=act,
)
