"""`catalyst up`."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from catalyst.cli import given, output
from catalyst.errors import CatalystError, plain
from catalyst.instance import wanted
from catalyst.settings import NetworkMode, Settings

if TYPE_CHECKING:
    from catalyst.instance.tokens import Tokens


def up(arguments: argparse.Namespace) -> int:
    """Runs until it is ended; with --detach until it answers."""
    settings = given.settings(arguments)
    tokens = _tokens(arguments, settings)
    if arguments.detach:
        from catalyst.instance.detach import detach

        with _progress() as tell:
            url = detach(settings, tell, tokens)
        print(url, flush=True)
        return 0
    from catalyst.instance.up import Instance

    with ExitStack() as progress:
        tell = progress.enter_context(_progress())

        def announce(url: str) -> None:
            progress.close()
            print(url, flush=True)
            if sys.stderr.isatty():
                print("Ctrl-C ends it", file=sys.stderr, flush=True)

        return Instance(settings, tell, tokens).up(announce)


def _tokens(arguments: argparse.Namespace, settings: Settings) -> "Tokens | None":
    """In `isolated` only the models of the start need them, and what cannot be had of those stops no start."""
    fetches = bool(wanted.standing(settings))
    try:
        return given.tokens(arguments, settings, fetches=fetches)
    except CatalystError as error:
        if settings.network_mode is not NetworkMode.ISOLATED:
            raise
        output.notice(f"models are fetched without tokens: {error}")
        return None


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A function that shows what is being done: above a moving line on a terminal, a line each elsewhere."""
    if not sys.stderr.isatty():
        yield output.notice
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    with console.status("starting"):
        yield lambda text: console.print(Text(f"· {plain(text)}", style="dim"))
