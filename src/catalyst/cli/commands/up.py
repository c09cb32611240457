"""`catalyst up`."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from catalyst.cli import given, output
from catalyst.errors import plain


def up(arguments: argparse.Namespace) -> int:
    """Runs until it is ended; with --detach until it answers."""
    settings = given.settings(arguments)
    tokens = given.tokens_of_start(arguments, settings)
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
