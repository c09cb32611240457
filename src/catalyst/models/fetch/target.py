"""One file that is to be placed: what it is called here and there, and what is known of it."""

import hashlib
from typing import Any

from catalyst.errors import CatalystError
from catalyst.fetcher.folders import FOLDERS, UNSURE
from catalyst.guard.record import Record
from catalyst.models.fetch import names
from catalyst.models.fetch.lock import Entry, Lock
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

    @property
    def staged(self) -> str:
        """Its name there once it is whole; the scanner looks at the suffix."""
        return f"{self.id}.{self.path.rpartition('.')[2]}"

    def entry(self, size: int, sha256: str) -> Entry:
        """What the lock file remembers."""
        return Entry(self.wanted.source, self.path, sha256, size, self.url, self.revision)


def from_entry(wanted: Wanted, lock: Lock, entry: Entry) -> Target:
    """As the lock file has it, at the place that the owner names now."""
    folder, _, name = entry.path.partition("/")
    path = f"{wanted.folder or folder}/{wanted.name or name}"
    return Target(wanted, lock, path, entry.url, entry.size, entry.size, entry.sha256, entry.revision)


def from_answer(wanted: Wanted, lock: Lock, said: Any) -> Target:
    """As the downloader says. Raises NameRefused, and CatalystError for anything that is not understood."""
    try:
        path, url, sha256, revision, folder = (said[key] for key in ("path", "url", "sha256", "revision", "folder"))
        size, about = said["size"], said.get("about") or said["size"] or 0
        right = (
            all(isinstance(one, str) and len(one) < 8192 for one in (path, url, sha256, revision, folder))
            and url.startswith("/") and url.isascii() and url.isprintable() and not {*sha256} - {*"0123456789abcdef"}
            and len(sha256) in {0, 64} and revision.isalnum() == bool(revision)
            and all(type(one) is int and 0 <= one <= LARGEST for one in (size or 0, about))
        )  # fmt: skip
    except (TypeError, KeyError):
        right = False
    if not right:
        raise CatalystError("the downloader's answer is not understood")
    known = wanted.folder or (folder if folder in FOLDERS else "")
    name = wanted.name or names.safe(path, wanted.repo)
    return Target(wanted, lock, f"{known or UNSURE}/{name}", url, size, about, sha256, revision, guessed=not known)
