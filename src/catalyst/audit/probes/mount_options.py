"""A step of the new mount calls; their parsers run as root (CVE-2022-0185)."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# EINVAL for the descriptor
PROBE = Probe(
    id="mount-options",
    theme="kernel",
    title="configure a file system to be mounted (fsconfig)",
    origin="CVE-2022-0185",
    control="system-calls",
    layers=EVERYONE,
    act=asks("fsconfig", -1, 0, None, None, 0),
)
