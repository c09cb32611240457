"""Where a folder really lies, and what an overwrite is worth there.

Measured (knowledge: wipe.md §2): on ext4 nothing comes back after one pass; on btrfs, below an overlay, with
data=journal and for older versions of a replaced file everything does.
"""

import os
import re
from pathlib import Path

from catalyst.guard.record import Record, replace

CLEAR = "Clear, best effort, file level"
ERASE = "cryptographic erase, of these files"
MEMORY = "never on a disk"
NOTHING = "none: the bytes were written elsewhere than they lay"

IN_PLACE = frozenset({"ext2", "ext3", "ext4", "xfs", "vfat", "exfat", "ntfs3", "jfs", "minix"})
COPIES = frozenset({"btrfs", "zfs", "bcachefs", "nilfs2", "f2fs", "ubifs", "jffs2", "squashfs", "erofs"})
IN_MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})
# True of every overwrite on a disk.
NEVER = (
    "names of files and folders: journal and folder blocks keep them",
    "older versions of files that were replaced, and files removed earlier: their blocks are no longer known",
    "snapshots, backups and copies made by others",
)


class FileSystem(Record):
    """`options` as the kernel tells them; `category` in the words of NIST SP 800-88r2, and what it does not cover."""

    kind: str
    source: str
    options: str
    category: str
    not_promised: tuple[str, ...]


def of(descriptor: int) -> FileSystem:
    """The file system of an open folder, by its mount (proc_pid_mountinfo(5)); unknown counts as worthless."""
    about = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="ascii")
    wanted = re.search(r"^mnt_id:\s+(\d+)$", about, re.MULTILINE)
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        mount, _, rest = line.partition(" - ")
        words = mount.split(" ")
        if wanted and words[0] == wanted[1]:
            kind, source, options = rest.split(" ", 2)
            return _judged(kind, source, f"{words[5]},{options}", words[2])
    return _judged("unknown", "", "", "")


def encrypted(there: FileSystem) -> FileSystem:
    """The same for what was written there under a key that has been destroyed (encrypted.py)."""
    return replace(there, category=ERASE, not_promised=(
        "how many files there were, their sizes, owners and times: file system structures are not encrypted",
        "what the kernel wrote to swap meanwhile, and copies of memory made by others",
    ))  # fmt: skip


def _judged(kind: str, source: str, options: str, device: str) -> FileSystem:
    if kind in IN_MEMORY:
        return FileSystem(kind, source, options, MEMORY, ("what the kernel wrote to swap meanwhile",))
    category, more = CLEAR, list[str]()
    if kind in COPIES:
        category, more = NOTHING, [f"{kind} writes what is changed to another place: the old bytes are still there"]
    elif kind == "overlay":
        category, more = NOTHING, ["a file of a lower layer is copied when it is written: its bytes are still there"]
    elif kind not in IN_PLACE:
        category, more = NOTHING, [f"where {kind} writes is its server's or its own business"]
    elif "data=journal" in options.split(","):
        category, more = NOTHING, ["data=journal: the journal has copies of the data"]
    if kind == "xfs":
        more.append("files that share blocks with a copy (cp --reflink) are written elsewhere")
    if category == CLEAR and _is_flash(device):
        more.append("the device may be flash, which writes elsewhere and keeps the old block until it erases it")
    return FileSystem(kind, source, options, category, (*more, *NEVER))


def _is_flash(device: str) -> bool:
    """The kernel says that it does not rotate: flash, or a disk of a virtual machine that may lie on flash."""
    for folder in (f"/sys/dev/block/{device}", f"/sys/dev/block/{device}/.."):
        try:
            return Path(folder, "queue/rotational").read_text(encoding="ascii").strip() == "0"
        except OSError:
            continue
    return True


def swap_in_clear() -> tuple[str, ...]:
    """Swap that lies on an unencrypted device, by name: what is in memory may be written there (proc_swaps(5)).

    Compressed swap in memory counts only where it has a disk behind it.
    """
    try:
        lines = Path("/proc/swaps").read_text(encoding="utf-8", errors="replace").splitlines()[1:]
    except OSError:
        return ("unknown: /proc/swaps cannot be read",)
    names = [line.split()[0].replace("\\040", " ") for line in lines if line.split()]
    return tuple(name for name in names if not _shielded(name))


def _shielded(name: str) -> bool:
    try:
        found = Path(name).stat()
    except OSError:
        return False
    number = found.st_rdev or found.st_dev  # a file's device is that of its file system
    return _encrypted(Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}"))


def _encrypted(device: Path) -> bool:
    """It is dm-crypt, or everything it is made of is; or it is zram with no disk behind it."""
    try:
        name = device.resolve(strict=True).name
    except OSError:
        return False
    if name.startswith("zram"):
        return _read(device / "backing_dev") in {"none", ""}
    if _read(device / "dm/uuid").startswith("CRYPT-"):
        return True
    try:
        below = list((device / "slaves").iterdir())
    except OSError:
        return False
    return bool(below) and all(_encrypted(one) for one in below)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
