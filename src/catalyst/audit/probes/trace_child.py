"""Code is put into another node's process as gdb does it."""

from catalyst.audit.inside.acts.kernel import permitted
from catalyst.audit.inside.acts.tracing import seize, sleeper
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe


def act(_: Context) -> Answer:
    """One that was started to be traced."""
    with sleeper() as process:
        return permitted("tracing a child", lambda: seize(process))


PROBE = Probe(
    id="trace-child",
    theme="kernel",
    title="debug a process of its own (ptrace)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
)
