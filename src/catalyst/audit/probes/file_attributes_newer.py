"""Linux 6.17 has `chattr` as a call of its own."""

from catalyst.audit.inside.acts.kernel import AT_FDCWD, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no attributes: EFAULT
PROBE = Probe(
    id="file-attributes-newer",
    theme="kernel",
    title="make a file immutable by a call newer than most filters (file_setattr)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("file_setattr", AT_FDCWD, None, None, 24, 0),
)
