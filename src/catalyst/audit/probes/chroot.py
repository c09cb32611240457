"""chroot(2) and a folder kept open lead out of any chroot."""

from catalyst.audit.inside.acts.kernel import does
from catalyst.audit.inside.probe import EVERYONE, Probe

# to the root it has, in this child alone
PROBE = Probe(
    id="chroot",
    theme="kernel",
    title="change its root folder",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=does("chroot to /", "chroot", b"/\0"),
    also=("capabilities", "identity"),
    needs_root=True,
)
