"""Kerberos tickets live there, for days."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# linked into no keyring: EINVAL
PROBE = Probe(
    id="keyring-persistent",
    theme="kernel",
    title="open the persistent keyring",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("keyctl", 22, -1, 0),
)
