"""A member of docker, disk, sudo or shadow is root in all but name, and a group of the caller is inherited."""

import os
from contextlib import suppress

from catalyst.audit.inside.probe import CONTAINERS, GUARD, Answer, Context, Probe, allowed, denied

NAMES = ("root", "adm", "disk", "sudo", "wheel", "shadow", "docker", "lxd", "libvirt", "kmem")


def act(_: Context) -> Answer:
    """By the names of /etc/group, and root's by its number."""
    import grp

    numbers = {0: "root"}
    for name in NAMES:
        with suppress(KeyError):
            numbers[grp.getgrnam(name).gr_gid] = name
    held = sorted(numbers[gid] for gid in {os.getgid(), os.getegid(), *os.getgroups()} if gid in numbers)
    return allowed(f"it is in {', '.join(held)}") if held else denied("it is in no group of power")


PROBE = Probe(
    id="powerful-groups",
    theme="identity",
    title="use a group of power (docker, disk, sudo)",
    origin="linPEAS, deepce",
    control="identity",
    layers=(*CONTAINERS, GUARD),
    needs_root=True,
    act=act,
)
