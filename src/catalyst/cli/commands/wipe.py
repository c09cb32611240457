"""`catalyst wipe`."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from catalyst import __version__
from catalyst.cli import output
from catalyst.errors import FAILED, UsageError, WipeRefused, pasted, plain
from catalyst.instance.store import Store
from catalyst.settings import environment
from catalyst.wipe import certificate
from catalyst.wipe.outcome import Outcome
from catalyst.wipe.roots import Root
from catalyst.wipe.survey import Survey, survey
from catalyst.wipe.wipe import close_all, open_all
from catalyst.wipe.wipe import wipe as wipe_all
from catalyst.wipe.wiper import Budget


def wipe(arguments: argparse.Namespace) -> int:
    """0 when everything was overwritten and removed, 1 when something is left or was only unlinked for an error."""
    started = datetime.now(UTC)
    budget = _budget(arguments)
    _nothing_runs(arguments.paths)
    roots = open_all(arguments.paths, home=environment("HOME").get("HOME", ""))
    found = [(root, survey(root)) for root in roots]
    if arguments.dry_run:
        close_all(roots)
        _show(found, as_json=arguments.json)
        return 0
    if not arguments.yes:
        _ask(found)
    receipt = _receipt(arguments.certificate, roots)
    with _stoppable() as stop, _progress(sum(one.files for _, one in found)) as tell:
        entries = wipe_all(roots, budget, stop=stop, tell=tell)
    done = certificate.document(entries, version=__version__, started=started)
    if receipt is not None:
        certificate.store(receipt, done, as_text=not arguments.certificate.endswith(".json"))
    if arguments.json:
        output.as_json(done)
    else:
        print(certificate.text(done), end="")
    return 0 if done["complete"] else FAILED


def _nothing_runs(paths: list[str]) -> None:
    """Raises WipeRefused where an instance still writes there: what runs in the tree has to end first."""
    for path in paths:
        for folder in (Path(path).absolute(), *Path(path).absolute().parents):
            if Store(str(folder)).holder():
                raise WipeRefused(path, "an instance runs on it", f"catalyst down --data {pasted(str(folder))}")


def _budget(arguments: argparse.Namespace) -> Budget:
    if arguments.within is None:
        return Budget()
    if arguments.within < 1:
        raise UsageError(f"--within is {arguments.within}; it must be 1 s or more", "--within 60")
    return Budget(seconds=float(arguments.within))


def _receipt(file: str | None, roots: list[Root]) -> int | None:
    """The certificate's file, made now: one that cannot be written, or would be wiped, is better known before."""
    if file is None:
        return None
    where = Path(file).absolute().parent.resolve()
    for root in roots:
        if not root.name and where.is_relative_to(root.path):
            raise UsageError(f"the certificate {plain(file)} would lie in what is wiped", "name a file elsewhere")
    return certificate.reserve(Path(file))


def _ask(found: list[tuple[Root, Survey]]) -> None:
    """Raises UsageError unless somebody at a terminal says yes."""
    if not sys.stdin.isatty():
        raise UsageError("what is wiped cannot be brought back, and nobody is there to be asked",
                         "look first with --dry-run, then add --yes")  # fmt: skip
    for root, one in found:
        print(f"{plain(root.path)}: {_words(one)}", file=sys.stderr)
    print("It cannot be brought back. Type yes to wipe it: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != "yes":
        raise UsageError("nothing was wiped", "look with --dry-run")


def _words(one: Survey) -> str:
    size = next(f"{one.bytes / 1024**power:.1f} {unit}" for power, unit in ((3, "GiB"), (2, "MiB"), (1, "KiB"), (0, "B"))
                if one.bytes >= 1024**power or power == 0)  # fmt: skip
    at_least = "" if one.whole else "at least "
    return (f"{at_least}{one.files} files with {size} would be overwritten and removed, {one.folders} folders removed, "
            f"{one.others} links and special files only unlinked")  # fmt: skip


def _show(found: list[tuple[Root, Survey]], *, as_json: bool) -> None:
    if as_json:
        output.as_json([{"path": root.path, **vars(one)} for root, one in found])
        return
    for root, one in found:
        print(f"{plain(root.path)}: {_words(one)}")


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM end it after the piece at hand, so that the certificate can say how far it came."""
    asked: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda got, _: asked.append(got))
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Outcome], None]]:
    """A moving line on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False).status("wiping") as status:
        yield lambda out: status.update(f"wiping: file {out.files} of about {total}, {out.bytes >> 20} MiB")
