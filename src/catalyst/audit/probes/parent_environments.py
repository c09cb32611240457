"""The environment of whoever started it: the shell of the caller holds his tokens."""

from functools import partial

from catalyst.audit.inside.acts.processes import DOMAIN, ancestors, bait_names, environment_names
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, first_allowed


def act(context: Context) -> Answer:
    """Up to the first process in sight."""
    more = bait_names(context)
    return first_allowed([partial(environment_names, pid, *more) for pid in ancestors()], "no parent in sight")


PROBE = Probe(
    id="parent-environments",
    theme="read",
    title="take tokens from the environment of what started it",
    origin="I9, I10",
    control="clean-environment",
    layers=EVERYONE,
    also=("namespaces", *DOMAIN),
    act=act,
)
