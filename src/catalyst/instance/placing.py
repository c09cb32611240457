"""What lies there already, what there is room for, and how what arrived gets its final name."""

import os
from collections.abc import Callable, Sequence

from catalyst.errors import CatalystError, pasted
from catalyst.guard.record import replace
from catalyst.instance import scan
from catalyst.models.fetch import judge, names
from catalyst.models.fetch.report import Outcome, State
from catalyst.models.fetch.shelf import STAGING, Seen, Shelf, digest
from catalyst.models.fetch.target import Target
from catalyst.models.fetch.wanted import Wanted
from catalyst.models.scan.report import Report
from catalyst.settings import Level, Settings

RESERVE = 256 << 20  # bytes that are left free


class Placing:
    """Every target has one outcome in the end."""

    def __init__(self, settings: Settings, shelf: Shelf, seen: Seen, tell: Callable[[str], None]) -> None:
        self._settings, self._shelf, self._seen, self._tell = settings, shelf, seen, tell
        self._strict = settings.security_level >= Level.HIGH
        self._waiting: dict[str, Target] = {}
        self._taken: dict[str, tuple[str, str]] = {}
        self._due: list[tuple[Target, int]] = []
        self._arrived: list[tuple[Target, str]] = []  # with its name in the staging folder
        self.outcomes: list[Outcome] = []

    def lost(self, wanted: Wanted, why: str, hint: str) -> None:
        """A source of which no file is known."""
        self.outcomes.append(Outcome(wanted.source, State.FAILED, why=why, hint=hint, origin=wanted.origin))

    def want(self, one: Target, before: str = "") -> None:
        """Decide by what is known already whether it has to be fetched. `before`: the hash of an earlier answer."""
        expected = one.wanted.sha256
        if expected and one.sha256 and expected != one.sha256:
            self._end(one, State.FAILED, f"its site has it with sha256 {one.sha256}, and {expected} was asked for")
            return
        one = replace(one, sha256=expected or one.sha256)
        double = self._taken.setdefault(names.same(one.path), (one.wanted.source, one.url))
        if double != (one.wanted.source, one.url):
            self._end(one, State.FAILED, f"{double[0]} has the same place", "name each in models.toml, with its own name")
            return
        if one.id in self._waiting:  # the manifest and a variable ask for the same
            return
        why = judge.by_name(one.path, strict=self._strict, allowed=self._allowed(one))
        worst, before_that = (0, "") if self._allowed(one) else self._seen.refused(one.sha256, strict=self._strict)
        if why or before_that:
            self._end(one, State.REFUSED, why or before_that, self._how_to_allow(one), worst=worst)
            return
        if before and one.sha256 and before != one.sha256:
            self._tell(f"{one.path}: its site has another file than before")
        try:
            if not self._is_there(one):
                self._waiting[one.id] = one
        except CatalystError as error:
            self._end(one, State.FAILED, str(error), error.hint)

    def _is_there(self, one: Target) -> bool:
        """A file has the name already: the right one, or one that is never touched."""
        with self._shelf.open(one.path) as file:
            if file is None:
                return False
            size = os.fstat(file).st_size
            if not one.sha256 or not self._settings.verify_checksums:
                known = "no hash is known to compare it by" if not one.sha256 else ""
                if one.size in {None, size}:
                    self._end(one, State.THERE, known, size=size)
                    return True
            found = self._seen.digest(one.path, file) if one.sha256 else ""
            if found == one.sha256 and found:
                self._remember(one, size)
                self._end(one, State.THERE, size=size)
                return True
        self._end(one, State.FAILED, f"another file has that name: sha256 {found or 'unknown'}, {size} bytes",
                  f"move it away: mv {pasted(self._at(one.path))} {pasted(self._at(one.path))}.old")  # fmt: skip
        return True

    def room(self) -> None:
        """Of what has to be fetched take what there is room for, in order."""
        left = self._shelf.room() - RESERVE
        for one in self._waiting.values():
            need = max(0, (one.about if one.size is None else one.size) - self._shelf.staged(f"{one.id}.part"))
            if need > left:
                free = f"{max(left, 0)} are free beside a reserve of {RESERVE}"
                self._end(one, State.FAILED, f"it needs {need} bytes, and {free}",
                          f"make room: df -h {pasted(str(self._shelf.path))}")  # fmt: skip
                continue
            self._due.append((one, one.size if one.size is not None else left))
            left -= need

    def due(self) -> Sequence[tuple[Target, int]]:
        """What has to be fetched, and the most bytes that each may become."""
        return self._due

    def failed(self, key: str, why: str, hint: str) -> None:
        """The downloader could not get it."""
        self._end(self._waiting[key], State.FAILED, why, hint)

    def arrived(self, one: Target, size: int, sha256: str) -> None:
        """The downloader says that it is whole. It is hashed again: nothing can write it any more."""
        part, staged = f"{one.id}.part", f"{one.id}.{one.path.rpartition('.')[2]}"  # the scanner looks at the suffix
        try:
            found = self._whole(part, one, size)
            if found and found == (one.sha256 or sha256):
                os.rename(part, staged, src_dir_fd=self._shelf.staging, dst_dir_fd=self._shelf.staging)
                self._arrived.append((replace(one, sha256=found), staged))
                return
        except (CatalystError, OSError) as error:
            self._end(one, State.FAILED, str(error), getattr(error, "hint", ""))
        else:
            self._end(one, State.FAILED, "what arrived is not what was said", "catalyst fetch tries again")
        self._shelf.drop(part)

    def _whole(self, part: str, one: Target, size: int) -> str:
        """The hash of a file of the staging folder; empty where it is not that long, or has another name as well."""
        with self._shelf.open(f"{STAGING}/{part}") as file:
            if file is None:
                return ""
            state = os.fstat(file)
            right = state.st_size == size and state.st_nlink == 1 and one.size in {None, size}
            return digest(file) if right else ""

    def finish(self) -> None:
        """Scan what arrived, and place what may be placed."""
        paths = [self._at(f"{STAGING}/{staged}") for _, staged in self._arrived]
        try:
            found = scan.scan(paths) if paths else Report((), (), ())
        except CatalystError as error:
            for one, _ in self._arrived:
                self._end(one, State.FAILED, str(error), error.hint)
            return
        for (one, staged), path in zip(self._arrived, paths, strict=True):
            examined = next((file for file in found.files if file.path == path), None)
            if examined is None:
                self._end(one, State.FAILED, "the scanner says nothing of it", "catalyst fetch tries again")
                continue
            findings = [finding for finding in found.findings if finding.path == path]
            verdict = judge.judge(examined, findings, strict=self._strict, allowed=self._allowed(one))
            if verdict.refused:
                self._shelf.drop(staged)
                self._seen.refuse(one.sha256, verdict.worst, verdict.refused, strict=self._strict)
                self._end(one, State.REFUSED, verdict.refused, self._how_to_allow(one), worst=verdict.worst)
            else:
                self._place(one, staged, verdict.said)

    def _place(self, one: Target, staged: str, said: str) -> None:
        try:
            if not self._shelf.place(staged, one.path):
                self._shelf.drop(staged)
                if not self._is_there(one):
                    self._end(one, State.FAILED, "something had that name and is gone", "catalyst fetch tries again")
                return
            with self._shelf.open(one.path) as file:
                size = os.fstat(file).st_size if file is not None else 0
                if file is not None:
                    self._seen.know(one.path, file, one.sha256)
        except CatalystError as error:
            self._end(one, State.FAILED, str(error), error.hint)
            return
        self._remember(one, size)
        guessed = "nothing says which folder it belongs in" if one.guessed else ""
        self._end(one, State.FETCHED, "; ".join(filter(None, (guessed, said))), size=size)

    def _remember(self, one: Target, size: int) -> None:
        """In the lock file, at once: what is placed stays known whatever comes next."""
        before = one.lock.entries.get(one.wanted.source, [])
        whole = bool(one.wanted.repo) and not one.wanted.file
        after = [entry for entry in before if whole and entry.path != one.path] + [one.entry(size)]
        if set(before) == set(after):
            return
        one.lock.entries[one.wanted.source] = after
        try:
            one.lock.write()
        except OSError as error:
            self._tell(f"{one.lock.file} cannot be written: {(error.strerror or '').lower()}")

    def _allowed(self, one: Target) -> bool:
        return bool(one.sha256) and (one.wanted.allow or one.sha256 in self._settings.models_allow)

    def _how_to_allow(self, one: Target) -> str:
        return f"to take it all the same: --models-allow {one.sha256}" if one.sha256 else ""

    def _at(self, path: str) -> str:
        return f"{self._shelf.path}/{path}"

    def _end(self, one: Target, state: State, why: str = "", hint: str = "", *, size: int = 0, worst: int = 0) -> None:
        self.outcomes.append(Outcome(one.wanted.source, state, one.path, size or one.size or 0, one.sha256, why, hint, worst,
                                     one.wanted.origin))  # fmt: skip

