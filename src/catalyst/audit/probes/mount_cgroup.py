"""The first of GHOST's four ways out: release_agent names a program that the kernel runs as root on the host."""

from catalyst.audit.inside.acts.kernel import asks
from catalyst.audit.inside.probe import EVERYONE, Probe

# may_mount() first; then the options are read: EINVAL, before anything is mounted (kernel/cgroup/cgroup-v1.c)
PROBE = Probe(
    id="mount-cgroup",
    theme="kernel",
    title="mount the control groups (release_agent)",
    origin="I7, CVE-2022-0492",
    control="system-calls",
    layers=EVERYONE,
    act=asks("mount", b"x\0", b"/\0", b"cgroup\0", 0, b"no-such-controller\0"),
    also=("capabilities", "identity", "write-confinement", "execution"),
    needs_root=True,
)
