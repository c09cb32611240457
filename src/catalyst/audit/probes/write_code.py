"""ComfyUI's own code. Where no ComfyUI is, Catalyst's code inside stands for it: both are read-only at every level."""

from catalyst.audit.inside.acts.files import OWN_CODE, plant
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(context: Context) -> Answer:
    """Make or replace main.py."""
    return plant(context.places.get("code", OWN_CODE) / "main.py")


PROBE = Probe(
    id="write-code",
    theme="write",
    title="alter the code that runs",
    origin="general",
    control="write-confinement",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=act,
)
