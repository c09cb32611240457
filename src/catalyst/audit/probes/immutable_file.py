"""`chattr +i` makes a planted file hard to remove. ioctl_iflags(2); undone at once."""

import errno
import fcntl
import os
import struct
from contextlib import suppress

from catalyst.audit.inside.acts.files import NEW, unique
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, met, name_of

FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IMMUTABLE_FL = 0x80086601, 0x40086602, 0x10  # linux/fs.h, 64 bit
NOT_HERE = {errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL}


def act(context: Context) -> Answer:
    """Set the flag on a file of its own and take it away again."""
    path = unique(context.scratch)
    descriptor = os.open(path, NEW, 0o600)
    try:
        flags = _flags(descriptor)
        _set_flags(descriptor, flags | FS_IMMUTABLE_FL)
        _set_flags(descriptor, flags)
        return allowed(f"a file in {context.scratch} could be made immutable")
    except OSError as error:
        if error.errno in NOT_HERE:
            return Answer("denied", f"the file system of {context.scratch} has no immutable files", name_of(error))
        return met(error, "chattr +i")
    finally:
        with suppress(OSError):  # ENOENT: another has removed it
            path.unlink()
        os.close(descriptor)


def _flags(descriptor: int) -> int:
    answer: bytes = fcntl.ioctl(descriptor, FS_IOC_GETFLAGS, bytes(8))
    return int(struct.unpack_from("i", answer)[0])


def _set_flags(descriptor: int, flags: int) -> None:
    fcntl.ioctl(descriptor, FS_IOC_SETFLAGS, struct.pack("iI", flags, 0))


PROBE = Probe(
    id="immutable-file",
    theme="write",
    title="make its file impossible to remove (chattr +i)",
    origin="I7",
    control="capabilities",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=act,
)
