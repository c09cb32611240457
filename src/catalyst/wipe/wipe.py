"""Several roots in one go: journal first, then each root, then the certificate's entries."""

import os
from collections.abc import Callable, Iterable, Sequence

from catalyst.errors import WipeRefused
from catalyst.guard.record import replace
from catalyst.wipe import encrypted, filesystem
from catalyst.wipe.certificate import Entry
from catalyst.wipe.journal import Journal
from catalyst.wipe.outcome import Outcome
from catalyst.wipe.roots import Root, open_root
from catalyst.wipe.trim import trim
from catalyst.wipe.wiper import Budget, Wiper


def open_all(paths: Iterable[str], *, within: Iterable[str] = (), home: str = "") -> list[Root]:
    """Every path as a root, or WipeRefused before any of them is touched."""
    within, opened = list(within), list[Root]()
    try:
        for path in paths:
            opened.append(open_root(path, within=within, home=home))
    except WipeRefused:
        close_all(opened)
        raise
    return opened


def close_all(roots: Iterable[Root]) -> None:
    """Let go of them."""
    for root in roots:
        os.close(root.folder)


def wipe(
    roots: Sequence[Root],
    budget: Budget,
    *,
    journal: Journal | None = None,
    stop: Callable[[], bool] = lambda: False,
    tell: Callable[[Outcome], None] = lambda _: None,
) -> list[Entry]:
    """Wipe them and close them; one entry each. The journal stays where anything is left."""
    if journal:
        journal.open(roots)
    wiper = Wiper(budget, stop=stop, tell=tell)
    entries = []
    try:
        for root in roots:
            there = filesystem.of(root.folder)
            if root.key:
                there, outcome = filesystem.encrypted(there), encrypted.erase(root, wiper.over)
            else:
                outcome = wiper.wipe(root)
            finished = "key destroyed" if root.key else "wiped"
            done = finished if outcome.complete else "not wiped" if outcome.left else "wiped in part"
            entries.append(Entry(root.path, done, filesystem=there, counts=outcome.facts()))
        entries = _trimmed(roots, entries, wiper.over)
    finally:
        close_all(roots)
    if journal and not any(one.done == "not wiped" for one in entries):
        journal.close()
    return entries


def _trimmed(roots: Sequence[Root], entries: Sequence[Entry], over: Callable[[], bool]) -> list[Entry]:
    """The entries with what became of the freed blocks: one trim for each file system, after all that was removed."""
    said = dict[int, str]()
    for root, entry in zip(roots, entries, strict=True):
        if root.device not in said and entry.filesystem:
            said[root.device] = trim(root.folder, entry.filesystem, over)
    return [replace(entry, trim=said[root.device]) for root, entry in zip(roots, entries, strict=True)]
