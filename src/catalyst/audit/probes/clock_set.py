"""Certificates, logs and time-outs depend on the clock."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no time: EFAULT, before CAP_SYS_TIME is asked for
PROBE = Probe(
    id="clock-set",
    theme="kernel",
    title="reach the call that sets the machine's clock",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("clock_settime", 0, None),
)
