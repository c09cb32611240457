"""The clock's discipline."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no mode: it is only read
PROBE = Probe(
    id="clock-tune-by-id",
    theme="kernel",
    title="tune the machine's clock (clock_adjtime)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("clock_adjtime", 0, b"\0" * 208),
)
