"""mount(2), without which most escapes end."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# no type: may_mount() answers EPERM, else do_new_mount() EINVAL (fs/namespace.c)
PROBE = Probe(
    id="mount",
    theme="kernel",
    title="mount a file system",
    origin="I7",
    control="system-calls",
    layers=EVERYONE,
    act=asks("mount", None, b"/\0", None, 0, None),
    also=("capabilities", "identity", "write-confinement", "execution"),
    needs_root=True,
)
