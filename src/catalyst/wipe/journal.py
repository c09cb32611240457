"""What is to be wiped, on disk before the first byte is written over, gone when all of it is done.

After a crash, a SIGKILL or a power loss the next start finds it and wipes what is left: wiping twice does no harm, so
the list of roots is all that has to survive.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from catalyst.errors import CatalystError, pasted, plain
from catalyst.guard.record import Record
from catalyst.wipe.roots import Root

VERSION = 2
MOST = 1 << 20  # bytes
IDENTIFIER = 16  # bytes, of a key (linux/fscrypt.h)


class Noted(Record):
    """A root: its path, its inode number, the identifier of the key it is encrypted with."""

    path: str
    inode: int
    key: str


class Journal:
    """One file in a folder that only Catalyst's user may write."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def open(self, roots: Sequence[Root]) -> None:
        """Note `roots`, and return when that is durable. Raises CatalystError."""
        named = [[root.path, root.inode, root.key] for root in roots]
        text = json.dumps({"version": VERSION, "roots": named})
        new = self.file.with_suffix(".new")
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                new.unlink()
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(descriptor)
            new.replace(self.file)
            self._flush_folder()
        except OSError as error:
            why = f"the journal {plain(str(self.file))} cannot be written: {(error.strerror or '').lower()}"
            raise CatalystError(why, "nothing was wiped; make room, then: catalyst down") from error

    def roots(self) -> tuple[Noted, ...]:
        """What an interrupted wiping was to wipe. Raises CatalystError when it is damaged."""
        try:
            descriptor = os.open(self.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise self._damaged(error) from error
        with os.fdopen(descriptor, encoding="ascii") as stream:
            try:
                return _roots(json.loads(stream.read(MOST)))
            except (ValueError, KeyError, TypeError, OSError, RecursionError) as error:
                raise self._damaged(error) from error

    def close(self) -> None:
        """All of it is done."""
        with suppress(FileNotFoundError):
            self.file.unlink()
            with suppress(OSError):
                self._flush_folder()

    def _flush_folder(self) -> None:
        descriptor = os.open(self.file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _damaged(self, why: object) -> CatalystError:
        return CatalystError(
            f"the journal of an interrupted wiping, {plain(str(self.file))}, cannot be read: {plain(str(why)).lower()}",
            f"wipe by hand with catalyst wipe, then remove it: rm {pasted(str(self.file))}",
        )


def _roots(found: Any) -> tuple[Noted, ...]:
    """Raises KeyError, TypeError or ValueError for anything that this version does not write."""
    if found["version"] != VERSION:
        raise ValueError("not of this version")
    roots = [Noted(path, inode, key) for path, inode, key in found["roots"]]
    for one in roots:
        if not (type(one.path) is str and type(one.inode) is int and type(one.key) is str):
            raise TypeError("a root must be a path, a number and a key")
        if one.key and len(bytes.fromhex(one.key)) != IDENTIFIER:
            raise ValueError("not the identifier of a key")
    return tuple(roots)
