"""KEYCTL_READ tells the numbers of the keys in it."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no buffer: the size alone is told
PROBE = Probe(
    id="keyring-read",
    theme="kernel",
    title="read the session keyring",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("keyctl", 11, -3, None, 0),
)
