"""`catalyst run -- COMMAND`."""

import argparse

from catalyst.cli import given, output
from catalyst.errors import UsageError
from catalyst.instance.run import run as start


def run(arguments: argparse.Namespace) -> int:
    """The command's own exit code."""
    if not arguments.command:
        raise UsageError("run needs a command", "catalyst run -- python3 --version")
    settings = given.settings(arguments)
    return start(settings, tuple(arguments.command), given.tokens(arguments, settings), output.notice)
