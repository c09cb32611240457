"""Keys hold kernel memory, and their code has been a way in (CVE-2016-0728)."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no type: EFAULT
PROBE = Probe(
    id="add-key",
    theme="kernel",
    title="put something into the kernel's keyring",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("add_key", None, None, None, 0, 0),
)
