"""Where core_pattern is a pipe, the kernel runs the host's crash handler as root on whatever crashes.

RLIMIT_CORE does not stop that, unless it is exactly 1 (core(5); do_coredump in fs/coredump.c).
"""

import resource
from pathlib import Path

from catalyst.audit.inside.probe import Answer, Context, Probe, allowed, denied


def act(_: Context) -> Answer:
    """By the pattern and the limit; nothing is made to crash."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text("utf-8", "replace")
    if not pattern.startswith("|"):
        return denied("the host writes core files and starts no handler")
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 1:
        return denied("the limit of 1 byte keeps the handler from being started")
    return allowed("a crash would start the host's crash handler")


PROBE = Probe(
    id="core-pipe",
    theme="machine",
    title="have the host's crash handler read its memory",
    origin="CVE-2025-4598",
    control="resources",
    layers=(),
    levels=(),
    open_because="the handler is the host's own; a limit of exactly 1 stops it, and whoever crashes may lower that",
    act=act,
)
