"""Keyrings have no namespace: what the desktop keeps there is the host's."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# KEYCTL_DESCRIBE of key 0, which no key has
PROBE = Probe(
    id="keyctl",
    theme="kernel",
    title="look into the kernel's keyring",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("keyctl", 6, 0, None, 0, 0),
)
