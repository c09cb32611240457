"""More open files than any level lets it have (65536 at `normal`)."""

import errno
import os
import resource

from catalyst.audit.inside.probe import CONTAINERS, GUARD, Answer, Context, Probe, allowed, denied

MOST = (1 << 16) + 16  # bounds the run where nothing limits it


def act(_: Context) -> Answer:
    """Copies of one descriptor, as many as the hard limit allows, which the child's end closes."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    descriptor = os.open(os.devnull, os.O_RDONLY)
    count = 0
    try:
        for count in range(MOST):  # noqa: B007 -- how far it came is the evidence
            os.dup(descriptor)
    except OSError as error:
        if error.errno == errno.EMFILE:
            return denied(f"no more than {count} files could be open")
        raise
    return allowed(f"{MOST} files could be open at once")


PROBE = Probe(
    id="open-files",
    theme="machine",
    title="use up the machine's open files",
    origin="general",
    control="resources",
    layers=(*CONTAINERS, GUARD),
    by_itself=True,
    act=act,
)
