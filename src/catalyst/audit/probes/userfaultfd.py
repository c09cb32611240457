"""userfaultfd stops the kernel where an exploit wants it to wait."""

from catalyst.audit.inside.acts.kernel import NONSENSE, asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# a nonsense flag beside UFFD_USER_MODE_ONLY, which anybody may ask for: EINVAL
PROBE = Probe(
    id="userfaultfd",
    theme="kernel",
    title="use userfaultfd, a helper of kernel exploits",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("userfaultfd", NONSENSE | 1),
)
