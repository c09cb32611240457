"""Write over the data of one open file, once, and make that durable before its blocks are given back."""

import errno
import os
from collections.abc import Callable

CHUNK = 8 << 20
_BLOCK = memoryview(os.urandom(1 << 20) * (CHUNK >> 20))


class Unfinished(Exception):
    """The budget ended in the middle of a file, which is left as it is."""


def overwrite(descriptor: int, size: int, wrote: Callable[[int], None]) -> int:
    """Write random bytes over every range of data below `size`, flush, truncate; the bytes written.

    Holes are not written: a sparse file of 3 TiB must not fill the disk (`shred` does, and fails). The file never
    grows. `wrote` gets every count and may raise Unfinished. Raises OSError where the file system fails (lseek(2),
    SEEK_DATA).
    """
    written = position = 0
    while position < size and (found := _data(descriptor, position, size)):
        position, end = found
        while position < end:
            count = os.pwrite(descriptor, _BLOCK[: min(CHUNK, end - position)], position)
            position += count
            written += count
            wrote(count)
    # Before the truncation: what was never flushed when its blocks are freed is not written at all.
    os.fdatasync(descriptor)
    os.ftruncate(descriptor, 0)
    return written


def _data(descriptor: int, position: int, size: int) -> tuple[int, int] | None:
    """The next range of data, None past the last. A file system that knows no holes is all data (lseek(2))."""
    try:
        start = os.lseek(descriptor, position, os.SEEK_DATA)
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        if error.errno in {errno.EINVAL, errno.EOPNOTSUPP}:
            return position, size
        raise
    return (start, min(end, size)) if start < size else None
