"""Giving up root: what the services do first. They parse what strangers send."""

import os
import resource

from catalyst.guard import syscalls


def give_up_root(user: str) -> None:
    """Become `user` (UID:GID) if root, without a group, a capability, a core dump or a way back. Raises OSError."""
    if os.geteuid() == 0 and user:
        uid, gid = (int(part) for part in user.split(":"))
        syscalls.drop_bounding_set()
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    syscalls.capset_none()
    syscalls.prctl("PR_SET_NO_NEW_PRIVS", syscalls.PR_SET_NO_NEW_PRIVS, 1)
    syscalls.prctl("PR_SET_DUMPABLE", syscalls.PR_SET_DUMPABLE, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def raise_open_files() -> int:
    """Take all descriptors that the hard limit allows; how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
