"""prlimit(2) changes the limits of any process of the same user, and one on processor time ends it. Asked for with the
limits it has already."""

import resource

from catalyst.audit.inside.acts.processes import on_victim
from catalyst.audit.inside.probe import EVERYONE, Answer, Probe, allowed


def act(pid: int) -> Answer:
    """Read and set to the same."""
    same = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, same)
    return allowed(f"the limits of process {pid} could be set")


PROBE = Probe(
    id="victim-limits",
    theme="identity",
    title="change the limits of a host process of the same user",
    origin="general",
    control="namespaces",
    also=("system-calls",),
    layers=EVERYONE,
    act=on_victim(act),
)
