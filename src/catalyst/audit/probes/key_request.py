"""request_key(2) may start a program of the host as root."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no type: EFAULT
PROBE = Probe(
    id="key-request",
    theme="kernel",
    title="ask the kernel for a key",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("request_key", None, None, None, 0),
)
