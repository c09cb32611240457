"""The homes of the host's other users."""

from functools import partial
from pathlib import Path

from catalyst.audit.inside.acts.files import absent, list_home
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, first_allowed


def act(context: Context) -> Answer:
    """A home that can be listed; a folder that is a mere step on the way to a mount is none."""
    found = [home for home in sorted(Path("/home").iterdir()) if home != context.home]
    return first_allowed([partial(list_home, home) for home in found], "") if found else absent("other home in /home")


PROBE = Probe(
    id="other-homes",
    theme="read",
    title="look into other users' homes",
    origin="general",
    control="namespaces",
    layers=ENGINES,
    act=act,
)
