"""Which security modules this kernel enforces, and whether it knows a profile: asked of the kernel, without root."""

import errno
import os
from pathlib import Path

from catalyst.render.lsm.profile import Profile

APPARMOR = Path("/sys/module/apparmor/parameters/enabled")
POLICY = Path("/sys/kernel/security/apparmor/policy/profiles")  # the file `profiles` beside it is root's to read
SELINUX = Path("/sys/fs/selinux")


def enforced() -> frozenset[str]:
    """Those of AppArmor and SELinux that are in force."""
    found = {"apparmor": _read(APPARMOR) == "Y", "selinux": _read(SELINUX / "enforce") == "1"}
    return frozenset(name for name, there in found.items() if there)


def loaded(profile: Profile) -> bool:
    """Does the kernel know this profile, and would it enforce it?"""
    return _in_apparmor(profile.name) if profile.module == "apparmor" else _in_selinux(profile.context)


def _in_apparmor(name: str) -> bool:
    """A loaded profile is a folder, named with a number behind it."""
    return any(_read(one / "name") == name and _read(one / "mode") == "enforce" for one in POLICY.glob(f"{name}.*"))


def _in_selinux(context: str) -> bool:
    """The kernel is asked whether the context is valid (security_check_context(3))."""
    try:
        descriptor = os.open(SELINUX / "context", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.write(descriptor, context.encode() + b"\0")
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.EACCES, errno.EPERM}:
            return False
        raise
    finally:
        os.close(descriptor)
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
