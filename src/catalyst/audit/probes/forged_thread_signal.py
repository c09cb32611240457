"""Who gets it believes it came from another process."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, FROM_HIGH, Probe

# no information: EFAULT, before any process is looked for
PROBE = Probe(
    id="forged-thread-signal",
    theme="kernel",
    title="send a thread a signal with a forged sender",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("rt_tgsigqueueinfo", 1, 1, 0, None),
    levels=FROM_HIGH,
)
