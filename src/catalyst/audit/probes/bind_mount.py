"""A bind mount of a host path is the second of GHOST's ways out."""

import os

from catalyst.audit.inside.acts.mounts import MS_BIND, in_private
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(context: Context) -> Answer:
    """The scratch folder on itself, in a mount namespace that ends with a child."""
    path = os.fsencode(context.scratch) + b"\0"
    return in_private("a bind mount", lambda: call("mount", path, path, None, MS_BIND, None))


PROBE = Probe(
    id="bind-mount",
    theme="kernel",
    title="mount a folder somewhere else (bind)",
    origin="I7",
    control="system-calls",
    layers=EVERYONE,
    act=act,
    also=("capabilities", "identity", "write-confinement", "execution"),
    needs_root=True,
)
