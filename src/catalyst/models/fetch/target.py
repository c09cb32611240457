"""One file that is to be placed: what it is called here and there, and what is known of it."""

import hashlib
import re
from typing import Any, TypeGuard

from catalyst.errors import CatalystError
from catalyst.fetcher.folders import FOLDERS, UNSURE
from catalyst.guard.record import Record
from catalyst.models.fetch import names
from catalyst.models.fetch.lock import URL, Entry, Lock
from catalyst.models.fetch.wanted import Wanted

LARGEST = 1 << 44  # bytes


class Target(Record):
    """`path` below the models folder, `url` below the site. `size` None and `sha256` empty where nobody said; `about` is a
    size that may be a little off. `guessed`: nothing spoke for its folder."""

    wanted: Wanted
    lock: Lock
    path: str
    url: str
    size: int | None
    about: int
    sha256: str
    revision: str
    guessed: bool = False

    @property
    def id(self) -> str:
        """Its name in the staging folder: another content has another one, so parts are never mixed."""
        words = "\0".join((self.wanted.site, self.url, self.sha256, str(self.size)))
        return hashlib.sha256(words.encode()).hexdigest()[:24]

    def entry(self, size: int) -> Entry:
        """What the lock file remembers."""
        return Entry(self.wanted.source, self.path, self.sha256, size, self.url, self.revision)


def from_entry(wanted: Wanted, lock: Lock, entry: Entry) -> Target:
    """As the lock file has it, at the place that the owner names now."""
    folder, _, name = entry.path.partition("/")
    path = f"{wanted.folder or folder}/{wanted.name or name}"
    return Target(wanted, lock, path, entry.url, entry.size, entry.size, entry.sha256, entry.revision)


def from_answer(wanted: Wanted, lock: Lock, said: Any) -> Target:
    """As the downloader says. Raises NameRefused, and CatalystError for anything that is not understood."""
    if not _understood(said):
        raise CatalystError("the downloader's answer is not understood")
    folder, size = said["folder"], said.get("size")
    known = wanted.folder or (folder if folder in FOLDERS else "")
    name = wanted.name or names.safe(said["path"], wanted.repo)
    about = said.get("about") or size or 0
    return Target(wanted, lock, f"{known or UNSURE}/{name}", said["url"], size, about, said["sha256"], said["revision"],
                  guessed=not known)  # fmt: skip


def is_size(value: object) -> TypeGuard[int]:
    """Bytes of a file? Longer numbers than these cannot even be printed."""
    return type(value) is int and 0 <= value <= LARGEST


def _understood(said: Any) -> bool:
    """Has it all keys, each of its type and size? The lock file must be able to hold it, or could not be read again."""
    texts = ("path", "url", "sha256", "revision", "folder")
    if not isinstance(said, dict) or not all(isinstance(said.get(key), str) and len(said[key]) < 8192 for key in texts):
        return False
    return (
        all(one is None or is_size(one) for one in (said.get("size"), said.get("about")))
        and URL.fullmatch(said["url"]) is not None
        and re.fullmatch(r"([0-9a-f]{64})?", said["sha256"]) is not None
        and re.fullmatch(r"([0-9a-f]{40})?", said["revision"]) is not None
    )  # fmt: skip
