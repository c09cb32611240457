"""A core file holds everything that was in memory: prompts, pictures, secrets."""

import resource

from catalyst.audit.inside.probe import CONTAINERS, ENGINES, GUARD, Answer, Context, Probe, allowed, denied


def act(_: Context) -> Answer:
    """Could it have a core file written? It may raise its own limit up to the hard one."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    return allowed("a core file could be written") if hard else denied("core files are off (RLIMIT_CORE is 0)")


PROBE = Probe(
    id="core-dump",
    theme="write",
    title="leave its memory on the disk as a core file",
    origin="general",
    control="resources",
    layers=(*CONTAINERS, GUARD),
    kept_by=dict.fromkeys(ENGINES, "the guard, which lets nobody leave one whatever the plan says"),
    act=act,
)
