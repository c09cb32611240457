"""In a shared UTS namespace it is the host's."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# CAP_SYS_ADMIN first, then EINVAL for the length (kernel/sys.c)
PROBE = Probe(
    id="domain-name",
    theme="kernel",
    title="change the machine's domain name",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=asks("setdomainname", b"x", -1),
    also=("namespaces", "capabilities", "identity"),
    needs_root=True,
)
