"""`catalyst up`."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from catalyst.cli import given, output


def up(arguments: argparse.Namespace) -> int:
    """Runs until it is ended; with --detach until it answers."""
    settings = given.settings(arguments)
    if arguments.detach:
        from catalyst.instance.detach import detach

        with _progress() as tell:
            url = detach(settings, tell)
        print(url, flush=True)
        return 0
    from catalyst.instance.up import Instance

    with _progress() as tell:
        return Instance(settings, tell).up(_announce)


def _announce(url: str) -> None:
    print(url, flush=True)
    if sys.stderr.isatty():
        print("Ctrl-C ends it", file=sys.stderr, flush=True)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A function that shows what is being done: a spinner on a terminal, a line each elsewhere."""
    if not sys.stderr.isatty():
        yield output.notice
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    yield lambda text: console.print(f"· {text}", markup=False, style="dim")
