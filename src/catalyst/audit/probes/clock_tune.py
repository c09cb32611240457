"""The clock's discipline."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no mode: it is only read
PROBE = Probe(
    id="clock-tune",
    theme="kernel",
    title="tune the machine's clock (adjtimex)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("adjtimex", b"\0" * 208),
)
