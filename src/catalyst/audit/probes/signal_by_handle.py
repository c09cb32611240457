"""A handle may be handed over by another process."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EBADF
PROBE = Probe(
    id="signal-by-handle",
    theme="kernel",
    title="signal by handle (pidfd_send_signal)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("pidfd_send_signal", -1, 0, None, 0),
    levels=("maximum",),
)
