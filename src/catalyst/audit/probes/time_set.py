"""The older call."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# neither time nor time zone: CAP_SYS_TIME is asked for, then nothing is done (kernel/time/time.c)
PROBE = Probe(
    id="time-set",
    theme="kernel",
    title="set the machine's time",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("settimeofday", None, None),
    also=("capabilities", "identity"),
    needs_root=True,
)
