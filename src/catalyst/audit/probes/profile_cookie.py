"""Gone in Linux 6.7."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# CAP_SYS_ADMIN first, then EINVAL
PROBE = Probe(
    id="profile-cookie",
    theme="kernel",
    title="use the old profiler's look-up (lookup_dcookie)",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("lookup_dcookie", 0, None, 0),
    also=("capabilities", "identity"),
    needs_root=True,
)
