"""The owner's tokens at rest: an age file, which a thief takes home and tries there."""

from pathlib import Path

from catalyst.audit.inside.acts.files import count_bytes
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, unknown


def act(context: Context) -> Answer:
    """The bait's path is the same inside, if it is there at all."""
    bait = context.bait.get("vault")
    return count_bytes(Path(bait)) if bait else unknown("no bait was laid")


PROBE = Probe(
    id="vault-file",
    theme="read",
    title="take the token vault",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    act=act,
)
