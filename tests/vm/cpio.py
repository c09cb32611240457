"""An initramfs: a cpio archive in the format "newc" (Documentation/driver-api/early-userspace/buffer-format.rst)."""

import stat
from dataclasses import dataclass, field
from pathlib import Path

S_IFDIR, S_IFREG, S_IFLNK, S_IFCHR = stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK, stat.S_IFCHR


@dataclass
class Archive:
    """Entries in the order they are added; folders above an entry are made by themselves."""

    parts: list[bytes] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def folder(self, path: str, mode: int = 0o755, owner: int = 0) -> None:
        self._add(path, S_IFDIR | mode, b"", owner)

    def file(self, path: str, content: bytes, mode: int = 0o644, owner: int = 0, when: int = 0) -> None:
        self._add(path, S_IFREG | mode, content, owner, when)

    def copy(self, path: str, source: Path) -> None:
        """A file of this machine with its permission and its time, which Python compares with its cache."""
        found = source.stat()
        self.file(path, source.read_bytes(), 0o755 if found.st_mode & 0o111 else 0o644, when=int(found.st_mtime))

    def link(self, path: str, to: str) -> None:
        self._add(path, S_IFLNK | 0o777, to.encode())

    def node(self, path: str, major: int, minor: int) -> None:
        self._add(path, S_IFCHR | 0o600, b"", device=(major, minor))

    def packed(self) -> bytes:
        """The whole archive."""
        return b"".join([*self.parts, _entry("TRAILER!!!", 0, b"", 0, 0, (0, 0), 0), bytes(512)])

    def _add(
        self, path: str, mode: int, content: bytes, owner: int = 0, when: int = 0, device: tuple[int, int] = (0, 0)
    ) -> None:
        name = path.strip("/")
        above = name.rpartition("/")[0]
        if above and above not in self.seen:
            self.folder(above)
        if name not in self.seen:
            self.seen.add(name)
            self.parts.append(_entry(name, mode, content, owner, when, device, len(self.seen)))


def _entry(name: str, mode: int, content: bytes, owner: int, when: int, device: tuple[int, int], inode: int) -> bytes:
    raw = name.encode() + b"\0"
    fields = (inode, mode, owner, owner, 1, when, len(content), 0, 0, *device, len(raw), 0)
    head = b"070701" + b"".join(b"%08x" % number for number in fields) + raw
    return _even(head) + _even(content)


def _even(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
