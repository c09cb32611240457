"""Numbers with bit 30 set; a filter that does not ask for the architecture and the bit reads another call."""

from catalyst.audit.inside.acts.kernel import reached
from catalyst.audit.inside.native import call_number, number_of
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe

X32 = 0x4000_0000


def act(_: Context) -> Answer:
    """getpid; most kernels have no such table, and answer ENOSYS."""
    return reached("an x32 call", lambda: call_number(X32 | number_of("getpid")))


PROBE = Probe(
    id="x32-call",
    theme="kernel",
    title="make calls by the x32 table",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=act,
)
