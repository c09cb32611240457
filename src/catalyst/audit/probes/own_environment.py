"""Its own environment: ultralytics 8.3.45 sent it out, Snyk's researchers found AWS keys in one."""

import os

from catalyst.audit.inside.acts.processes import bait_names, token_names
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, denied


def act(context: Context) -> Answer:
    """Names are told, never values."""
    names = token_names(b"\0".join(os.environb.keys()), *bait_names(context))
    if names:
        return allowed(f"found {', '.join(names)}")
    return denied(f"no token among the {len(os.environb)} variables of its environment")


PROBE = Probe(
    id="own-environment",
    theme="read",
    title="take tokens from its own environment",
    origin="I3, I9, I10",
    control="clean-environment",
    layers=EVERYONE,
    act=act,
)
