"""A debugger inside can change what a filter has already looked at."""

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.acts.tracing import PTRACE_TRACEME, forked
from catalyst.audit.inside.native import call
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """In a child of its own that ends right after."""
    return forked(lambda: permitted("PTRACE_TRACEME", lambda: call("ptrace", PTRACE_TRACEME, 0, None, None)))


PROBE = Probe(
    id="trace-me",
    theme="kernel",
    title="be traced by its parent (PTRACE_TRACEME)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
)
