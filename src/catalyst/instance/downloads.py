"""The downloader's sandbox: a request in, lines out. Every line is a stranger's until it is checked."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from catalyst.engine.engine import Engine
from catalyst.errors import CatalystError, ModelsUnusable, plain
from catalyst.fetcher.web import BUNDLES
from catalyst.guard.record import Record, replace
from catalyst.instance import job, prepare
from catalyst.instance.ground import temporary
from catalyst.instance.prepare import Prepared
from catalyst.instance.resolving import Answered
from catalyst.instance.store import remove_session
from catalyst.models.fetch.shelf import STAGING, Shelf
from catalyst.models.fetch.target import Target
from catalyst.models.fetch.wanted import Wanted
from catalyst.settings import Settings
from catalyst.workloads import fetcher

AGAIN = "catalyst fetch tries again, and goes on where it broke off"
GRACE = 5.0  # s on top of what the downloader gives itself


class Reach(Record):
    """Where the two sites are, and what the downloader's environment needs for them."""

    sites: dict[str, str]
    env: dict[str, str]


def reach() -> Reach:
    """The seam for tokens: where the broker adds them, it is asked under its own name, and its certificate is trusted."""
    return Reach({"hf": "https://huggingface.co", "civitai": "https://civitai.com"}, {})


class Downloads:
    """Runs of the downloader under `confined`, what must hold by `settings`, all within DOWNLOAD_TIMEOUT."""

    def __init__(
        self, confined: Settings, settings: Settings, engine: Engine, shelf: Shelf, reach: Reach, wake: int
    ) -> None:
        self._confined, self._settings, self._engine = confined, settings, engine
        self._shelf, self._reach, self._wake = shelf, reach, wake
        self._until = time.monotonic() + settings.download_timeout
        self.failures: list[tuple[str, str, str]] = []

    def resolve(self, wanted: Sequence[Wanted]) -> Iterator[Answered]:
        """What the sites say of each."""
        items = [{"key": one.source, "site": one.site, "repo": one.repo, "file": one.file, "revision": one.revision,
                  "version": one.version, "folder": one.folder} for one in wanted]  # fmt: skip
        said: list[dict[str, Any]] = []
        why = self._run("resolve", items, said.append)
        lines = {line["key"]: line for line in reversed(said)}  # the first word counts
        for one in wanted:
            line = lines.get(one.source, {})
            if isinstance(line.get("files"), list):
                yield Answered(one.source, line["files"])
            elif "error" in line:
                yield Answered(one.source, error=_words(line["error"]), hint=_words(line.get("hint")))
            else:
                yield Answered(one.source, error=why or "the downloader says nothing of it", hint=AGAIN)

    def download(
        self, targets: Sequence[tuple[Target, int]], show: Callable[[str, int, int], None]
    ) -> Iterator[tuple[Target, int, str]]:
        """The targets that arrived, with size and sha256 as the downloader says; `failures` has the others.

        Beside each target the most bytes that it may become.
        """
        items = [{"id": one.id, "site": one.wanted.site, "url": one.url, "size": one.size, "sha256": one.sha256,
                  "most": most} for one, most in targets]  # fmt: skip
        waiting = {one.id: one for one, _ in targets}
        arrived: list[tuple[Target, int, str]] = []

        def take(line: dict[str, Any]) -> None:
            one, at, size = waiting.get(line["key"]), line.get("at"), line.get("size")
            if one and type(at) is int:
                show(one.path, at, one.size or one.about)
            elif one and type(size) is int and isinstance(line.get("sha256"), str):
                arrived.append((waiting.pop(line["key"]), size, line["sha256"]))
                show(one.path, size, size)
            elif one and "error" in line:
                del waiting[line["key"]]
                self.failures.append((line["key"], _words(line["error"]), _words(line.get("hint"))))

        why = self._run("download", items, take)
        self.failures += [(key, why or "the downloader ended before it was done", AGAIN) for key in waiting]
        order = [one for one, _ in targets]
        yield from sorted(arrived, key=lambda three: order.index(three[0]))

    def _run(self, act: str, items: list[dict[str, Any]], take: Callable[[dict[str, Any]], None]) -> str:
        """Give it a request; why it ended before it had done it, empty when it did not."""
        if not items:
            return ""
        left = self._until - time.monotonic()
        if left <= 0:
            return "time is up (DOWNLOAD_TIMEOUT)"
        self._write({"act": act, "sites": self._reach.sites, "seconds": left, "items": items})
        last = ""

        def line(data: bytes) -> None:
            nonlocal last
            try:
                said = json.loads(data)
            except (ValueError, RecursionError):
                last = plain(data.decode(errors="replace").strip(), 300) or last
                return
            if isinstance(said, dict) and isinstance(said.get("key"), str):
                take(said)

        staging = str(self._shelf.path / STAGING)
        with _roots(self._engine) as roots:
            try:
                ended = job.run(
                    self._confined, self._engine,
                    lambda _policy, python: fetcher.workload(python, staging, roots, **self._reach.env),
                    line, self._wake, seconds=left + GRACE, insist=self._insist,
                )  # fmt: skip
            finally:
                self._shelf.drop(fetcher.REQUEST)
        if ended.stopped or ended.late:
            return "stopped" if ended.stopped else "time is up (DOWNLOAD_TIMEOUT)"
        return f"the downloader failed: {last or f'exit code {ended.code}'}" if ended.code else ""

    def _write(self, request: dict[str, Any]) -> None:
        """For the downloader to read, whichever uid it has."""
        self._shelf.drop(fetcher.REQUEST)
        try:
            file = os.open(fetcher.REQUEST, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644,
                           dir_fd=self._shelf.staging)  # fmt: skip
            with os.fdopen(file, "w", encoding="utf-8") as stream:
                os.fchmod(file, 0o644)
                json.dump(request, stream)
        except OSError as error:
            raise ModelsUnusable(f"{self._shelf.path}/{STAGING}", (error.strerror or "").lower()) from error

    def _insist(self, ready: Prepared) -> None:
        """What must hold at the owner's level; and root's mount must be of the folder that is held open here."""
        prepare.insist(replace(ready, settings=self._settings))
        seen = dict(ready.sandbox.identities).get(fetcher.STAGING, self._shelf.identity())
        if seen != self._shelf.identity():
            raise CatalystError("the staging folder was exchanged for another one", "who else writes the data directory?")


@contextmanager
def _roots(engine: Engine) -> Iterator[str]:
    """A copy of the certificates that this machine trusts, for an image, which may have none; empty where /etc is shown."""
    bundle = next((one for one in map(Path, BUNDLES) if one.is_file()), None)
    if engine.own_files or bundle is None:
        yield ""
        return
    folder = temporary()
    try:
        copy = folder / "roots.pem"
        copy.write_bytes(bundle.read_bytes())
        copy.chmod(0o644)
        yield str(copy)
    finally:
        remove_session(folder)


def _words(text: object) -> str:
    return plain(text) if isinstance(text, str) else ""
