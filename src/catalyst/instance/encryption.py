"""Places that are on disk while a run lasts, encrypted where their file system can (catalyst/wipe/encrypted.py)."""

import os
from collections.abc import Sequence
from contextlib import suppress

from catalyst.engine import process
from catalyst.guard.record import replace
from catalyst.wipe import encrypted
from catalyst.wipe.journal import Journal
from catalyst.wipe.roots import FOLDER, Root

PATIENCE = 5.0  # s; a file that is open somewhere keeps the keeper busy


class Keeper:
    """The process that made a key for the file system of `above`, and destroys it when we are gone. `key` is empty where
    there is none."""

    def __init__(self, above: int) -> None:
        words = process.python("catalyst.wipe.keeper", "--above", str(above))
        self._process = process.start(words, errors=process.NULL, keep=(above,))
        self.key = self._process.stdout.readline().decode("ascii").strip() if self._process.stdout else ""

    def end(self) -> None:
        """Have the key destroyed; where that takes long, it is the caller's turn."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(PATIENCE)
        except process.Expired:
            self._process.kill()
            self._process.wait()


def encrypt(roots: Sequence[Root], journal: Journal) -> tuple[list[Root], list[Keeper]]:
    """The same roots, those that are empty folders encrypted where they can be, and who keeps the keys.

    What will be is noted before it is: a folder whose key is gone takes no file any more, and has to be exchanged.
    Raises CatalystError.
    """
    keepers = [_keeper(root) for root in roots]
    keys = [keeper.key if keeper else "" for keeper in keepers]
    journal.open([replace(root, key=key) for root, key in zip(roots, keys, strict=True)])
    done = [encrypted.sealed(root, key) if key and encrypted.seal(root.folder, key) else root
            for root, key in zip(roots, keys, strict=True)]  # fmt: skip
    return done, [keeper for keeper in keepers if keeper]


def _keeper(root: Root) -> Keeper | None:
    if root.name or not encrypted.offered(root.folder) or os.listdir(root.folder):  # noqa: PTH208 -- of a descriptor
        return None
    above = os.open("..", FOLDER, dir_fd=root.folder)
    try:
        return Keeper(above)
    finally:
        os.close(above)
