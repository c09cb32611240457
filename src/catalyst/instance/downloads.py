"""The downloader's sandbox: a request in, lines out. Every line is a stranger's until it is checked."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from catalyst.engine.engine import Engine
from catalyst.errors import CatalystError, ModelsUnusable, plain
from catalyst.fetcher.main import KEY, seal
from catalyst.fetcher.sites import MOST_FILES
from catalyst.fetcher.web import BUNDLES
from catalyst.guard import plan
from catalyst.guard.record import replace
from catalyst.instance import job, login, prepare
from catalyst.instance.ground import temporary
from catalyst.instance.prepare import Prepared
from catalyst.instance.resolving import Answered
from catalyst.instance.store import remove_session
from catalyst.models.fetch.shelf import STAGING, Shelf
from catalyst.models.fetch.target import Target, is_size
from catalyst.models.fetch.wanted import Wanted
from catalyst.render.session import PLAN_FILE
from catalyst.settings import Settings
from catalyst.workloads import fetcher

if TYPE_CHECKING:
    from catalyst.instance.tokens import Tokens

Opened = Callable[..., AbstractContextManager[job.Job]]  # called as job.opened is
AGAIN = "catalyst fetch tries again, and goes on where it broke off"
GRACE = 5.0  # s on top of what the downloader gives itself
MOST_SAID = 32 << 20  # bytes of what is kept of one run's words; as objects they are twenty times that


# Where the sites are, with tokens and without: for a host that has one, the broker answers with the run's certificate.
SITES = {"hf": "https://huggingface.co", "civitai": "https://civitai.com"}


class Downloads:
    """Runs of the downloader under `confined`, what must hold by `settings`, all within DOWNLOAD_TIMEOUT. Its sandbox and
    its broker are made when something is to be asked, and are gone after the downloads, or at the end of the block."""

    def __init__(
        self, confined: Settings, settings: Settings, engine: Engine, shelf: Shelf, wake: int,
        tokens: "Tokens | None" = None, tell: Callable[[str], None] = lambda _: None, opened: Opened | None = None,
    ) -> None:  # fmt: skip
        self._confined, self._settings, self._engine = confined, settings, engine
        self._shelf, self._wake, self._tokens, self._tell = shelf, wake, tokens, tell
        self._sandbox = opened or job.opened
        self._until = time.monotonic() + settings.download_timeout
        self._job: job.Job | None = None
        self._key = os.urandom(16).hex()  # of requests
        self._held: list[dict[str, Any]] = []  # the broker's tokens, by name
        self._open = ExitStack()
        self.failures: list[tuple[str, str, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self._job = None
        self._open.close()

    def resolve(self, wanted: Sequence[Wanted]) -> Iterator[Answered]:
        """What the sites say of each."""
        items = [{"key": one.source, "site": one.site, "repo": one.repo, "file": one.file, "revision": one.revision,
                  "version": one.version, "folder": one.folder} for one in wanted]  # fmt: skip
        lines: dict[str, dict[str, Any]] = {}
        why = self._run("resolve", items, lambda line: bool(lines.setdefault(line["key"], line)))  # the first word counts
        for one in wanted:
            line = lines.get(one.source, {})
            if isinstance(line.get("files"), list) and len(line["files"]) <= MOST_FILES:  # each costs the scanner its time
                yield Answered(one.source, line["files"])
            elif "files" in line:
                yield Answered(one.source, error="the downloader's answer is not understood", hint=AGAIN)
            elif "error" in line:
                yield Answered(one.source, error=_words(line["error"]), hint=self._hint(line))
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
        failed: list[dict[str, Any]] = []

        def take(line: dict[str, Any]) -> bool:
            one, at, size = waiting.get(line["key"]), line.get("at"), line.get("size")
            if one and is_size(at):
                show(one.path, at, one.size or one.about)
                return False
            if one and is_size(size) and isinstance(line.get("sha256"), str):
                arrived.append((waiting.pop(line["key"]), size, line["sha256"]))
                show(one.path, size, size)
            elif one and "error" in line:
                del waiting[line["key"]]
                failed.append(line)
            return True

        try:
            why = self._run("download", items, take)
        finally:
            self._end()  # what arrived is looked at when nothing can change it, and no token is held meanwhile
        self.failures += [(line["key"], _words(line["error"]), self._hint(line)) for line in failed]
        self.failures += [(key, why or "the downloader ended before it was done", AGAIN) for key in waiting]
        order = [one for one, _ in targets]
        yield from sorted(arrived, key=lambda three: order.index(three[0]))

    def _run(self, act: str, items: list[dict[str, Any]], take: Callable[[dict[str, Any]], bool]) -> str:
        """Give it a request; why it ended before it had done it, empty when it did not. `take` says whether it may have kept
        a line. Raises CatalystError where too much is said."""
        if not items:
            return ""
        left = self._until - time.monotonic()
        if left <= 0:
            return "time is up (DOWNLOAD_TIMEOUT)"
        self._write({"act": act, "sites": SITES, "seconds": left, "items": items})
        last, kept = "", 0

        def line(data: bytes) -> None:
            nonlocal last, kept
            try:
                said = json.loads(data)
            except (ValueError, RecursionError):
                last = plain(data.decode(errors="replace").strip(), 300) or last
                return
            if isinstance(said, dict) and isinstance(said.get("key"), str) and take(said):
                kept += len(data)
                if kept > MOST_SAID:
                    raise CatalystError("the downloader says too much", AGAIN)

        try:
            self._job = self._job or self._opened()
            ended = self._job.run(line, self._wake, seconds=left + GRACE)
            self._held = self._job.tokens()
        finally:
            self._shelf.drop(fetcher.REQUEST)
        if ended.stopped or ended.late:
            return "stopped" if ended.stopped else "time is up (DOWNLOAD_TIMEOUT)"
        return f"the downloader failed: {last or f'exit code {ended.code}'}" if ended.code else ""

    def _opened(self) -> job.Job:
        staging, roots = str(self._shelf.path / STAGING), self._open.enter_context(_roots(self._engine))
        return self._open.enter_context(self._sandbox(
            self._confined, self._engine,
            lambda _policy, python: fetcher.workload(python, staging, roots, **{KEY: self._key}),
            insist=self._insist, tokens=self._tokens, tell=self._tell,
        ))  # fmt: skip

    def _hint(self, line: dict[str, Any]) -> str:
        """What its owner can do. `login` is a host that would not have us; what token was shown there, we know better."""
        return login.hint(line.get("login"), self._held) or _words(line.get("hint"))

    def _write(self, request: dict[str, Any]) -> None:
        """For the downloader to read, whichever uid it has."""
        self._shelf.drop(fetcher.REQUEST)
        try:
            file = os.open(fetcher.REQUEST, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644,
                           dir_fd=self._shelf.staging)  # fmt: skip
            with os.fdopen(file, "wb") as stream:
                os.fchmod(file, 0o644)
                text = json.dumps(request).encode()
                stream.write(text + b"\n" + seal(self._key, text))
        except OSError as error:
            raise ModelsUnusable(f"{self._shelf.path}/{STAGING}", (error.strerror or "").lower()) from error

    def _insist(self, ready: Prepared) -> Prepared:
        """What must hold at the owner's level. And the sandbox must get the folder that is held open here: at `normal` a
        workload that runs may put a link to any other in its place, so the guard compares them."""
        prepare.insist(replace(ready, settings=self._settings))
        seen = dict(ready.sandbox.identities).get(fetcher.STAGING, self._shelf.identity())
        if seen != self._shelf.identity():
            raise CatalystError("the staging folder was exchanged for another one", "who else writes the data directory?")
        if not self._engine.own_files:  # an engine's files may have other numbers
            return ready
        todo = plan.decode(ready.inner.text)
        places = tuple(replace(place, identity=self._shelf.identity()) for place in todo.places)
        text = plan.encode(replace(todo, places=places))
        return replace(ready, inner=replace(ready.inner, text=text), files={**ready.files, PLAN_FILE: text.encode()})


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
