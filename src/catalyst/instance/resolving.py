"""From what is wanted to files: by the lock file where it has them, else by what the sites say."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from catalyst.errors import CatalystError
from catalyst.guard.record import Record
from catalyst.instance.placing import Placing
from catalyst.models.fetch import target
from catalyst.models.fetch.lock import Lock
from catalyst.models.fetch.wanted import Wanted


class Answered(Record):
    """What the downloader said of one question: files, or why not."""

    key: str
    files: Sequence[Any] = ()
    error: str = ""
    hint: str = ""


class Resolving:
    """Finds the files of everything wanted and hands each to `place`."""

    def __init__(self, place: Placing, *, update: bool) -> None:
        self._place, self._update = place, update
        self._open: dict[str, list[tuple[Wanted, Lock]]] = {}

    def from_lock(self, wanted: Iterable[Wanted], lock: Lock) -> None:
        """What the lock file pins needs no question; a hash that the owner wrote since then counts more."""
        for one in wanted:
            entries = [] if self._update else lock.entries.get(one.source, [])
            if entries and one.sha256 in {"", entries[0].sha256}:
                for entry in entries:
                    self._place.want(target.from_entry(one, lock, entry))
            else:
                self._open.setdefault(one.source, []).append((one, lock))

    def open(self) -> list[Wanted]:
        """What has to be asked for, each source once."""
        return [pairs[0][0] for pairs in self._open.values()]

    def answers(self, answers: Iterator[Answered]) -> None:
        """Take what the sites said; a source that nothing was said of has failed."""
        for answer in answers:
            for wanted, lock in self._open.pop(answer.key, ()):
                if answer.error:
                    self._place.lost(wanted, answer.error, answer.hint)
                for said in answer.files:
                    self._take(wanted, lock, said)
        for pairs in self._open.values():
            for wanted, _ in pairs:
                self._place.lost(wanted, "the downloader ended before it asked", "catalyst fetch tries again")

    def _take(self, wanted: Wanted, lock: Lock, said: Any) -> None:
        try:
            found = target.from_answer(wanted, lock, said)
        except CatalystError as error:
            self._place.lost(wanted, str(error), error.hint)
            return
        pinned = {entry.path: entry.sha256 for entry in lock.entries.get(wanted.source, ())}
        self._place.want(found, before=pinned.get(found.path, ""))
