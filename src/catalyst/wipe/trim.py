"""Tell the device which blocks are free, so that flash and thin disks forget them, too.

After rm alone and a trim no picture comes back from a virtual disk (knowledge: wipe.md §2); what an SSD does is its
maker's word. Only root may, or the mount option `discard` does it without us.
"""

import errno
import os
import struct
from collections.abc import Callable
from fcntl import ioctl

from catalyst.wipe.filesystem import IN_MEMORY, FileSystem

FITRIM = 0xC0185879  # linux/fs.h, struct fstrim_range: start, len, minlen
STRIDE = 16 << 30  # bytes between two looks at the time


def trim(folder: int, there: FileSystem, over: Callable[[], bool]) -> str:
    """Trim the free space of an open folder's file system; what became of it, in words. `over` ends it early."""
    if there.kind in IN_MEMORY:
        return ""
    if "discard" in there.options.split(","):
        return "freed blocks are discarded by the file system (mount option discard)"
    found = os.fstatvfs(folder)
    size, done = found.f_blocks * found.f_frsize, 0
    for start in range(0, size, STRIDE):
        if over():
            return f"free space was trimmed in part, {done} bytes: the time was up"
        asked = bytearray(struct.pack("<QQQ", start, STRIDE, 0))
        try:
            ioctl(folder, FITRIM, asked, True)
        except OSError as error:
            return f"free space was not trimmed: {_words(error)}"
        done += struct.unpack_from("<Q", asked, 8)[0]
    return f"free space was trimmed, {done} bytes"


def _words(error: OSError) -> str:
    if error.errno == errno.EPERM:
        return "only root may"
    if error.errno in {errno.EOPNOTSUPP, errno.ENOTTY}:
        return "the file system or its device cannot"
    return (error.strerror or str(error)).lower()
