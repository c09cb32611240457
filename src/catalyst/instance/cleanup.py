"""ENABLE_FORENSIC_CLEANUP around one run: what is on disk all the same is noted before, wiped after, and certified.

The order at the end: the workload is ended and reaped, then its files are wiped, then the session goes. A run that is
killed leaves its journal, and the next start or `catalyst down` wipes what it names.
"""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from catalyst import __version__
from catalyst.errors import CatalystError, WipeRefused, pasted, plain
from catalyst.instance.encryption import Keeper, encrypt
from catalyst.instance.store import Store
from catalyst.policy.model import TRACES, Place
from catalyst.settings import Level, Settings
from catalyst.wipe import certificate, encrypted, filesystem
from catalyst.wipe.certificate import Entry
from catalyst.wipe.journal import Journal, Noted
from catalyst.wipe.roots import Root
from catalyst.wipe.wipe import close_all, open_all, wipe
from catalyst.wipe.wiper import Budget

# For root not in the data directory, which may be somebody else's: he could name other files in it; and not below /run,
# which a power loss empties.
ROOTS_JOURNALS = Path("/var/lib/catalyst/.journals")
NEVER = lambda: False  # noqa: E731 -- a default for who asks to stop


class Cleanup:
    """What one run leaves on disk, and what became of it."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        self.started = datetime.now(UTC)
        self.roots: list[Root] = []
        self.keepers: list[Keeper] = []
        self.entries: list[Entry] = []
        self.ran = False  # something was started that could write

    def begin(self) -> None:
        """Open what is to be wiped, so that nothing can be put in its place, and note it durably. Raises CatalystError."""
        if not self.settings.enable_forensic_cleanup:
            return
        names = [self.store.data / name for name in self.settings.wipe]
        names += [log for log in _logs(self.store) if log.exists()]  # of runs before this mode was chosen
        self.roots = open_all(str(path) for path in names)
        if self.roots:
            self.roots, self.keepers = encrypt(self.roots, journal_of(self.store))

    def finish(self, *, stop: Callable[[], bool] = NEVER) -> None:
        """Wipe it and write the certificate. Raises CatalystError when something is left."""
        if not self.settings.enable_forensic_cleanup:
            return
        for keeper in self.keepers:
            keeper.end()
        if not self.ran:
            wipe([root for root in self.roots if root.key], Budget(), journal=journal_of(self.store))
            close_all(root for root in self.roots if not root.key)
            return
        self.roots += _session(self.store)
        budget = Budget(seconds=self.settings.wipe_within)
        journal = journal_of(self.store) if self.roots else None
        self.entries = [*self._fates(), *wipe(self.roots, budget, journal=journal, stop=stop)]
        self.roots = []
        found = certificate.document(self.entries, version=__version__, started=self.started, notes=self._notes())
        if self.settings.certificate:
            _write(Path(self.settings.certificate), json.dumps(found, indent=1) + "\n")
        complain(self.entries, self.settings.data)

    def _undo(self) -> None:
        """Nothing was started: what lies there stays, and what was encrypted for it is a plain folder again."""
        close_all(root for root in self.roots if not root.key)
        if keyed := [root for root in self.roots if root.key]:
            complain(wipe(keyed, Budget(), journal=journal_of(self.store)), self.settings.data)
        journal_of(self.store).close()

    def _fates(self) -> list[Entry]:
        """Every place that is not wiped, and why."""
        fates = []
        for place in Place:
            path = str(self.store.data / place.value)
            if place in TRACES and place.value not in (*self.settings.keep, *self.settings.wipe):
                fates.append(Entry(path, "in memory", "what the run wrote was in memory and is gone with the sandbox; "
                                   "what lay here before was not touched"))  # fmt: skip
            elif place in TRACES:
                fates += [Entry(path, "kept", "CATALYST_KEEP names it")] if place.value in self.settings.keep else []
            else:
                written = self.settings.security_level is Level.NORMAL
                fates.append(Entry(path, "kept", "what the workload is made of; "
                                   + ("the run could write it" if written else "read-only during the run")))  # fmt: skip
        return fates

    def _notes(self) -> list[str]:
        swap = filesystem.swap_in_clear()
        return [
            f"swap: what was in memory may have been written to {', '.join(map(plain, swap))}, which is not encrypted"
            if swap else "swap: none that is not encrypted",
            "not covered: the browser's own storage, memory of a GPU, copies made by whoever used the interface",
        ]  # fmt: skip


def journal_of(store: Store) -> Journal:
    """The journal of a data directory, in a folder of our user's."""
    if os.geteuid() != 0:
        return Journal(store.folder / "wiping.json")
    return Journal(ROOTS_JOURNALS / f"{store.id}.json")


def resume(store: Store, within: float, tell: Callable[[str], None] = lambda _: None) -> None:
    """Finish what an earlier run could not. Raises CatalystError when it is still not done, or may not be done."""
    journal = journal_of(store)
    noted = journal.roots()
    if not noted:
        return
    tell("wiping what an earlier run could not")
    ours = {str(store.data.resolve() / place.value) for place in TRACES}
    ours |= {str(path.parent.resolve() / path.name) for path in (*_logs(store), store.session)}
    there = [one for one in noted if os.path.lexists(one.path)]
    for one in there:
        if one.path not in ours:
            raise WipeRefused(one.path, "the journal of an interrupted wiping names it, and it is no folder of a run",
                              f"look at it: {pasted(str(journal.file))}")  # fmt: skip
    roots = _reopened(there, journal)
    complain(wipe(roots, Budget(seconds=within), journal=journal), str(store.data))


def _reopened(noted: Sequence[Noted], journal: Journal) -> list[Root]:
    """What still is what was noted. Raises WipeRefused where something else is in its place."""
    roots = []
    for one, root in zip(noted, open_all(one.path for one in noted), strict=True):
        if root.inode == one.inode:
            keyed = one.key and encrypted.key_of(root.folder) == one.key
            roots.append(encrypted.sealed(root, one.key) if keyed else root)
        elif one.key and not os.listdir(root.folder):  # noqa: PTH208 -- of a descriptor; the empty one we put there
            os.close(root.folder)
        else:
            close_all([root, *roots])
            raise WipeRefused(one.path, "it was exchanged for another since the run that wrote it",
                              f"wipe by hand, then: rm {pasted(str(journal.file))}")  # fmt: skip
    return roots


def complain(entries: Sequence[Entry], data: str) -> None:
    """Raises CatalystError that names what is not wiped."""
    bad = [one for one in entries if not (one.counts or {}).get("complete", True)]
    if bad:
        named = "; ".join(f"{plain(one.path)}: {(one.counts or {})['exceptions'][-1]['why']}" for one in bad)
        raise CatalystError(f"not everything was wiped: {named}", f"go on with it: catalyst down --data {pasted(data)}")


def _logs(store: Store) -> tuple[Path, ...]:
    return store.log, store.log.with_suffix(".old"), store.folder / "up.log"


def _session(store: Store) -> list[Root]:
    """The session's folder where it lies on disk: the workload could write the way in. In memory it is only removed."""
    if not store.session.is_dir():
        return []
    roots = open_all([str(store.session)])
    if filesystem.of(roots[0].folder).kind in filesystem.IN_MEMORY:
        close_all(roots)
        return []
    return roots


def wipe_session(store: Store) -> None:
    """That of a run that was killed. Raises CatalystError."""
    complain(wipe(_session(store), Budget()), str(store.data))


def _write(file: Path, text: str) -> None:
    """Replace it in one step. Raises CatalystError."""
    new = file.with_name(f".{file.name}.{os.urandom(4).hex()}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(descriptor)
        new.replace(file)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        why = f"the certificate {plain(str(file))} cannot be written: {(error.strerror or '').lower()}"
        raise CatalystError(why, "all was wiped as it says; name another file: CATALYST_CERTIFICATE=FILE") from error
