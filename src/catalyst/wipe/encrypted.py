"""A folder whose files and names reach the disk encrypted only, under a key that nobody but the kernel has.

fscrypt, policies of version 2 (the kernel's Documentation/filesystems/fscrypt.rst): five ioctls, no privilege, on ext4
and f2fs with the feature `encrypt`. What never was on the disk in clear needs no overwriting: the key is destroyed, and
the rest is unlinked. That holds on flash, with data=journal, for replaced files and after a power loss, too.
"""

import errno
import os
import stat
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from fcntl import ioctl

from catalyst.guard import syscalls
from catalyst.guard.record import Record
from catalyst.wipe.outcome import Outcome
from catalyst.wipe.roots import FOLDER, Root

# linux/fscrypt.h
ADD_KEY, SET_POLICY, GET_POLICY, REMOVE_KEY, KEY_STATUS = 0xC0506617, 0x800C6613, 0xC0096616, 0xC0406618, 0xC080661A
BY_IDENTIFIER, VERSION_2, AES_256_XTS, AES_256_CTS, PAD_32 = 2, 2, 1, 4, 3
HEAD, KEY = 80, 64  # bytes, of struct fscrypt_add_key_arg
UNCOPIED = 1100  # bytes; Python hands an ioctl a copy of what is shorter than 1 KiB, and leaves the copy on its stack
PATIENCE = 5.0  # s; a file that is still open keeps its own key
BUSY = "the key is gone, but files are still open, and the kernel keeps theirs until they are closed"


def offered(folder: int) -> bool:
    """The file system of the open folder can encrypt, by what it answers about a key that nobody has."""
    asked = bytearray(struct.pack("<II32s24s64s", BY_IDENTIFIER, 0, b"", b"", b""))
    try:
        ioctl(folder, KEY_STATUS, asked, True)
    except OSError:  # ENOTTY: it knows no encryption; EOPNOTSUPP: its feature is off
        return False
    return True


def add_key(folder: int) -> str:
    """A new key for the file system of an open folder, in the kernel only; its identifier, which is no secret.

    Raises OSError: ENOTTY, EOPNOTSUPP where the file system cannot encrypt.
    """
    given = bytearray(UNCOPIED)
    struct.pack_into("<II32sI", given, 0, BY_IDENTIFIER, 0, b"", KEY)
    secret = memoryview(given)[HEAD : HEAD + KEY]
    try:
        with open("/dev/urandom", "rb", buffering=0) as source:  # noqa: PTH123 -- into our one copy, which is zeroed below
            if source.readinto(secret) != KEY:
                raise OSError(errno.EIO, "the kernel gave no random bytes")
        ioctl(folder, ADD_KEY, given, True)
        return bytes(given[8:24]).hex()
    finally:
        secret[:] = bytes(KEY)


def seal(folder: int, key: str) -> bool:
    """Encrypt whatever will be written to the open folder. False where it is not empty or already has a key."""
    policy = struct.pack("<BBBB4s16s", VERSION_2, AES_256_XTS, AES_256_CTS, PAD_32, b"", bytes.fromhex(key))
    with suppress(OSError):
        ioctl(folder, SET_POLICY, policy)
        return key_of(folder) == key
    return False


def key_of(folder: int) -> str:
    """The identifier of the key an open folder is encrypted with, empty where there is none."""
    found = bytearray(struct.pack("<Q24s", 24, b""))
    try:
        ioctl(folder, GET_POLICY, found, True)
    except OSError:
        return ""
    return bytes(found[16:32]).hex() if found[8] == VERSION_2 else ""


def destroy(above: int, key: str, patience: float) -> bool:
    """Remove the key from the kernel; `above` is any open folder of the file system that is not encrypted with it.

    False when files are still open after `patience` seconds. Raises OSError.
    """
    end = time.monotonic() + patience
    while True:
        asked = bytearray(struct.pack("<II32sI5I", BY_IDENTIFIER, 0, bytes.fromhex(key), 0, *[0] * 5))
        try:
            ioctl(above, REMOVE_KEY, asked, True)
        except OSError as error:
            if error.errno == errno.ENOKEY:  # it was removed before, or the machine was started again since
                return True
            raise
        if not any(asked[40:44]):
            return True
        if time.monotonic() >= end:
            return False
        time.sleep(0.05)


def sealed(root: Root, key: str) -> Root:
    """The same folder, reached from the one above: held open itself, it would keep its own key in the kernel."""
    above = os.open("..", FOLDER, dir_fd=root.folder)
    os.close(root.folder)
    return Root(root.path, above, os.fsencode(root.path.rpartition("/")[2]), root.device, root.inode, key)


def erase(root: Root, over: Callable[[], bool]) -> Outcome:
    """Destroy the key, remove what is then noise, and put an empty folder in its place that is not encrypted.

    `over` ends it early: what is left has no key any more. What the file system refused is in the outcome, never raised.
    """
    out = Outcome()
    try:
        gone = destroy(root.folder, root.key, PATIENCE)
    except OSError as error:
        out.leave(b"", f"its key could not be destroyed: {(error.strerror or '').lower()}")
        return out
    try:
        _discard(root, out, over)
    except OSError as error:
        out.leave(b"", f"its key is gone; not removed: {(error.strerror or '').rpartition(': ')[2].lower()}")
    if not gone and not destroy(root.folder, root.key, 0):
        out.leave(b"", BUSY)
    return out


class _Step(Record):
    """A folder on the way down: its name above, which inode it is, what in it could not be removed."""

    name: bytes
    inode: int
    kept: set[bytes]


def _discard(root: Root, out: Outcome, over: Callable[[], bool]) -> None:
    """Unlink everything below, then exchange the folder. Only one folder is open at a time, and nothing is renamed,
    which needs the key: so no depth is too deep. Raises OSError."""
    here = syscalls.openat2(root.folder, root.name, FOLDER, syscalls.INSIDE)
    try:
        first = os.fstat(here)
        if (first.st_dev, first.st_ino) != (root.device, root.inode) or key_of(here) != root.key:
            raise OSError(errno.ESTALE, "it was exchanged for another")
        trail = [_Step(root.name, first.st_ino, set())]
        while not over():
            here, deeper = _emptied(here, trail, out)
            if not deeper and len(trail) == 1:
                break
            here = here if deeper else _climb(here, trail, out)
        else:
            raise OSError(errno.EINTR, "it was ended early")
    finally:
        os.close(here)
    if not trail[0].kept:
        _exchange(root, first)


def _emptied(here: int, trail: list[_Step], out: Outcome) -> tuple[int, bool]:
    """Unlink what is no folder; step into the first that is one, and say so."""
    kept, name = trail[-1].kept, b""
    with os.scandir(here) as entries:
        for entry in entries:
            if (name := os.fsencode(entry.name)) in kept:
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    child = syscalls.openat2(here, name, FOLDER, syscalls.INSIDE)
                    break
                os.unlink(name, dir_fd=here)
                out.erased += 1
            except OSError as error:
                _leave(name, trail, out, error)
        else:
            return here, False
    with suppress(OSError):
        os.fchmod(child, 0o700)
    os.close(here)
    trail.append(_Step(name, os.fstat(child).st_ino, set()))
    return child, True


def _leave(name: bytes, trail: list[_Step], out: Outcome, error: OSError) -> None:
    trail[-1].kept.add(name)
    path = b"/".join([*(step.name for step in trail[1:]), name])
    out.leave(path, f"its key is gone; not removed: {(error.strerror or '').rpartition(': ')[2].lower()}")


def _climb(here: int, trail: list[_Step], out: Outcome) -> int:
    """To the folder above, and remove the one we come from, unless something is left in it. Raises OSError."""
    done = trail.pop()
    above = os.open("..", FOLDER, dir_fd=here)
    if os.fstat(above).st_ino != trail[-1].inode:
        os.close(above)
        trail.append(done)
        raise OSError(errno.ESTALE, "a folder was moved meanwhile")
    os.close(here)
    try:
        if done.kept:
            trail[-1].kept.add(done.name)
        else:
            os.rmdir(done.name, dir_fd=above)
            out.folders += 1
    except OSError as error:
        _leave(done.name, trail, out, error)
    return above


def _exchange(root: Root, before: os.stat_result) -> None:
    """An empty folder of the same owner and mode for one whose key is gone. Raises OSError."""
    os.rmdir(root.name, dir_fd=root.folder)
    os.mkdir(root.name, 0o700, dir_fd=root.folder)
    made = syscalls.openat2(root.folder, root.name, FOLDER, syscalls.INSIDE)
    try:
        if os.geteuid() == 0:
            os.fchown(made, before.st_uid, before.st_gid)
        os.fchmod(made, stat.S_IMODE(before.st_mode))
        os.fsync(root.folder)
    finally:
        os.close(made)
