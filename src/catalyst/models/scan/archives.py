"""Members of zip and tar files and compressed streams, without writing any and with a bound on what comes out.

A zip is read as a loader reads it: by its central directory, ignoring checksums and flags. Where those disagree, or the
local header names another file, two programs see two archives, and that is a finding.
"""

import bz2
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO, Any

from catalyst.guard.record import Record
from catalyst.models.scan.finding import NotJudged

MAX_MEMBERS = 200_000
MAX_UNPACKED = 4 << 30  # bytes out of one file, all its layers together
LOCAL = struct.Struct("<4sHHHHHIIIHH")
UNPACKERS: dict[int, Callable[[], Any]] = {
    zipfile.ZIP_DEFLATED: lambda: zlib.decompressobj(-15), zipfile.ZIP_BZIP2: bz2.BZ2Decompressor,
}  # fmt: skip


class Member(Record):
    """A member: its name, its uncompressed size in bytes as the archive says, and what is wrong with its entry."""

    name: str
    size: int
    source: Any  # read(count), seekable(), seek(0)
    wrong: str = ""
    outside: bool = False


class Budget:
    """What may still be unpacked, over all layers of one file."""

    def __init__(self) -> None:
        self.left = MAX_UNPACKED

    def take(self, count: int) -> None:
        """Raises NotJudged when it is used up."""
        self.left -= count
        if self.left < 0:
            raise NotJudged(f"more than {MAX_UNPACKED >> 30} GiB come out of it")


class Slice:
    """`length` bytes of a file from `start` on."""

    def __init__(self, file: IO[bytes], start: int, length: int) -> None:
        self._file, self._start, self._length, self._at = file, start, length, 0

    def read(self, count: int = -1) -> bytes:
        """As a file's."""
        left = max(0, self._length - self._at)
        self._file.seek(self._start + self._at)
        data = self._file.read(left if count < 0 else min(count, left))
        self._at += len(data)
        return data

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, at: int, whence: int = 0) -> int:
        """As a file's, never beyond the end."""
        base = {0: 0, 1: self._at, 2: self._length}[whence]
        self._at = min(max(0, base + at), self._length)
        return self._at

    def tell(self) -> int:
        """As a file's."""
        return self._at


class Unpacked:
    """What a decompressor makes of a stream, forwards only; never more at once than was asked for."""

    def __init__(self, source: Any, unpacker: Any, budget: Budget) -> None:
        self._source, self._unpacker, self._budget = source, unpacker, budget
        self._pending = b""
        self._done = False

    def seekable(self) -> bool:
        """No."""
        return False

    def read(self, count: int) -> bytes:
        """Up to `count` bytes, empty at the end. Raises NotJudged on damage."""
        while not self._done:
            try:
                data = self._some(count)
            except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
                raise NotJudged(f"it cannot be unpacked: {str(error)[:80]}") from None
            if data:
                self._budget.take(len(data))
                return data
        return b""

    def _some(self, count: int) -> bytes:
        if getattr(self._unpacker, "eof", False):
            self._done = True
            return b""
        tail = getattr(self._unpacker, "unconsumed_tail", b"")
        hungry = getattr(self._unpacker, "needs_input", not tail)
        more = tail or (self._source.read(1 << 16) if hungry else b"")
        if not more and hungry:
            self._done = True
        return bytes(self._unpacker.decompress(more, count))


class Ahead:
    """Looks ahead in a stream that goes forwards only: seek(0) is possible until more than a head was read."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._kept = b""
        self._at = 0

    def seekable(self) -> bool:
        """Not for Reader: it skips by reading."""
        return False

    def read(self, count: int) -> bytes:
        """Up to `count` bytes."""
        if self._at < len(self._kept):
            data = self._kept[self._at : self._at + count]
            self._at += len(data)
            return data
        data = self._source.read(count)
        if len(self._kept) <= 1 << 20:
            self._kept += data
            self._at = len(self._kept)
        return bytes(data)

    def seek(self, at: int) -> None:
        """Back to the start, which `_kept` still holds."""
        if at or len(self._kept) > 1 << 20:
            raise NotJudged("a stream cannot be read twice")
        self._at = 0

    def whole(self, most: int) -> IO[bytes]:
        """All of it, in memory. Raises NotJudged beyond `most` bytes."""
        held = BytesIO()
        while data := self.read(1 << 16):
            held.write(data)
            if held.tell() > most:
                raise NotJudged(f"an archive of more than {most >> 20} MiB inside a compressed file")
        held.seek(0)
        return held


STREAMS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(31), "zlib": lambda: zlib.decompressobj(15), "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(memlimit=256 << 20), "lzma": lambda: lzma.LZMADecompressor(memlimit=256 << 20),
}  # fmt: skip


def unpack(source: Any, kind: str, budget: Budget) -> Ahead:
    """A compressed stream's content."""
    return Ahead(Unpacked(source, STREAMS[kind](), budget))


def zip_members(file: IO[bytes], budget: Budget) -> Iterator[Member]:
    """Members by the central directory. Raises NotJudged when there is none that can be read."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error, OverflowError) as error:
        raise NotJudged(f"its directory cannot be read: {str(error)[:80]}") from None
    entries = archive.infolist()
    if len(entries) > MAX_MEMBERS:
        raise NotJudged(f"more than {MAX_MEMBERS} members")
    seen: set[str] = set()
    for entry in entries:
        twice = entry.filename in seen
        seen.add(entry.filename)
        if not entry.is_dir():
            yield _zip_member(file, entry, budget, twice=twice)


def _zip_member(file: IO[bytes], entry: zipfile.ZipInfo, budget: Budget, *, twice: bool) -> Member:
    file.seek(entry.header_offset)
    raw = file.read(LOCAL.size)
    if len(raw) < LOCAL.size or raw[:4] != b"PK\x03\x04":
        return Member(entry.filename, 0, BytesIO(), "a member without a header of its own", _outside(entry.filename))
    _, _, flags, method, *_, name_length, extra_length = LOCAL.unpack(raw)
    name = file.read(name_length)
    wrong = "two members of one name" if twice else ""
    if name not in {entry.orig_filename.encode("utf-8", "replace"), entry.orig_filename.encode("cp437", "replace")}:
        wrong = "a member with two names"
    elif method != entry.compress_type:
        wrong = "a member with two compression methods"
    elif (flags | entry.flag_bits) & 0x1:
        wrong = "a member that is marked as encrypted"
    start = entry.header_offset + LOCAL.size + name_length + extra_length
    source: Any = Slice(file, start, entry.compress_size)
    if entry.compress_type != zipfile.ZIP_STORED:
        if entry.compress_type not in UNPACKERS:
            raise NotJudged(f"a member is packed by method {entry.compress_type}: {entry.filename[:80]}")
        source = Unpacked(source, UNPACKERS[entry.compress_type](), budget)
    return Member(entry.filename, entry.file_size, source, wrong, _outside(entry.filename))


def tar_members(source: Any) -> Iterator[Member]:
    """Members of a tar, in their order."""
    flat = source.seekable()
    try:
        with tarfile.open(fileobj=source, mode="r:" if flat else "r|") as archive:
            for count, entry in enumerate(archive):
                if count >= MAX_MEMBERS:
                    raise NotJudged(f"more than {MAX_MEMBERS} members")
                outside = _outside(entry.name) or ((entry.issym() or entry.islnk()) and _outside(entry.linkname))
                wrong = "a device" if entry.isdev() else ""
                content: Any = (archive.extractfile(entry) if entry.isreg() else None) or BytesIO()
                yield Member(entry.name, entry.size, content if flat else Ahead(content), wrong, outside)
    except (tarfile.TarError, OSError, EOFError, ValueError, OverflowError) as error:
        raise NotJudged(f"it cannot be read as tar: {str(error)[:80]}") from None


def _outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name


def is_zip(file: IO[bytes]) -> bool:
    """Has it a zip's directory at its end, whatever is in front?"""
    try:
        return zipfile.is_zipfile(file)
    except (OSError, ValueError, struct.error):
        return False
