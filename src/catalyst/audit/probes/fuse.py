"""/dev/fuse serves a file system from a program of one's own, usually open to everybody."""

from catalyst.audit.inside.acts.files import using
from catalyst.audit.inside.probe import ENGINES, Probe

PROBE = Probe(
    id="fuse",
    theme="machine",
    title="serve a file system to the kernel (/dev/fuse)",
    origin="general",
    control="devices",
    layers=ENGINES,
    act=using("/dev/fuse", "/dev/cuse"),
)
