"""Mounting without any privilege, and the flaws of every file system with it."""

from catalyst.audit.inside.acts.kernel import CLONE_NEWNS, CLONE_NEWUSER
from catalyst.audit.inside.acts.mounts import mounts
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="user-namespace-mount",
    theme="kernel",
    title="mount in a user namespace of its own",
    origin="general",
    control="system-calls",
    layers=EVERYONE,
    act=mounts("tmpfs", flags=CLONE_NEWUSER | CLONE_NEWNS),
    also=("write-confinement", "execution"),
)
