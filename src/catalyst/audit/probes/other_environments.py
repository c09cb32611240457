"""/proc/PID/environ needs the right to ptrace that process (ptrace(2), access mode checks); Landlock refuses it too."""

from functools import partial

from catalyst.audit.inside.acts.processes import DOMAIN, environment_names, others
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, first_allowed


def act(_: Context) -> Answer:
    """Every process in sight."""
    return first_allowed([partial(environment_names, pid) for pid in others()], "no other process in sight")


PROBE = Probe(
    id="other-environments",
    theme="read",
    title="take tokens from another process's environment",
    origin="I9",
    control="namespaces",
    layers=EVERYONE,
    also=("clean-environment", *DOMAIN),
    act=act,
)
