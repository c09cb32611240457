"""`catalyst fetch`."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from catalyst.cli import given, output
from catalyst.errors import SourceRefused, UsageError, plain
from catalyst.guard.record import replace
from catalyst.instance import wanted
from catalyst.instance.fetch import Show, size_of
from catalyst.instance.fetch import fetch as get
from catalyst.instance.wanted import Order
from catalyst.models.fetch import report
from catalyst.models.fetch.report import Report, State
from catalyst.models.fetch.wanted import checked

EVERY = 10  # a line for each tenth, where the output is no terminal


def fetch(arguments: argparse.Namespace) -> int:
    """0 when all of it is there, 1 when something failed, 11 to 14 for the worst that the scan refused."""
    settings = given.settings(arguments)
    orders = _orders(arguments, wanted.named(arguments.sources)) if arguments.sources else wanted.standing(settings)
    if not orders:
        raise UsageError("nothing is named to fetch", "catalyst fetch hf:OWNER/REPO/FILE, or write models.toml")
    tokens = given.tokens(arguments, settings, fetches=True)
    with _progress() as show, _wake() as wake:
        done = get(settings, orders, output.notice, show, wake, update=arguments.update, tokens=tokens)
    if arguments.json:
        output.as_json(report.document(done))
    else:
        _print(done)
    return report.exit_code(done)


def _orders(arguments: argparse.Namespace, orders: Sequence[Order]) -> list[Order]:
    """What the options say of the sources on the command line."""
    found = [one for order in orders for one in order.wanted]
    if arguments.sha256 and (len(found) != 1 or not (found[0].file or found[0].version)):
        raise UsageError("--sha256 is of one file", "name one: catalyst fetch hf:OWNER/REPO/FILE --sha256 HASH")
    more = {"folder": arguments.folder or "", "sha256": (arguments.sha256 or "").lower()}
    try:
        return [Order(tuple(checked(replace(one, **more)) for one in found), None)]
    except SourceRefused as refused:
        raise UsageError(refused.why, refused.hint) from refused


def _print(done: Report) -> None:
    rows = [(one.path or one.source, one.state.value, size_of(one.size) if one.size else "", one.why or one.sha256)
            for one in done.outcomes]  # fmt: skip
    output.table("models", ("file", "", "size", "sha256, or why"), rows)
    for one in done.outcomes:
        if one.hint and one.state in {State.FAILED, State.REFUSED}:
            print(f"catalyst: hint: {plain(one.path or one.source)}: {plain(one.hint)}", file=sys.stderr)


@contextmanager
def _wake() -> Iterator[int]:
    """A descriptor that can be read once somebody asked to stop."""
    wake, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    before = signal.set_wakeup_fd(write)
    try:
        yield wake
    finally:
        signal.set_wakeup_fd(before)
        os.close(wake)
        os.close(write)


@contextmanager
def _progress() -> Iterator[Show]:
    """A bar for each file on a terminal; elsewhere a line for each tenth."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        known: dict[str, TaskID] = {}

        def show(path: str, have: int, total: int) -> None:
            if path not in known:
                known[path] = bars.add_task(plain(path, 60), total=total or None)
            bars.update(known[path], completed=have, total=total or None)

        yield show


def _lines() -> Callable[[str, int, int], None]:
    last: dict[str, int] = {}

    def show(path: str, have: int, total: int) -> None:
        step = min(EVERY, EVERY * have // total) if total else 0
        if step > last.get(path, -1):
            last[path] = step
            output.notice(f"{path}: {size_of(have)} of {size_of(total)}" if total else f"{path}: {size_of(have)}")

    return show
