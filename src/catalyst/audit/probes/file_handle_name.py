"""The first half of opening files by handle (Shocker)."""

from catalyst.audit.inside.acts.kernel import AT_FDCWD, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no name: EFAULT
PROBE = Probe(
    id="file-handle-name",
    theme="kernel",
    title="learn the handle of a file",
    origin="CVE-2014-3519",
    control="system-calls",
    layers=EVERYONE,
    act=asks("name_to_handle_at", AT_FDCWD, None, None, None, 0),
)
