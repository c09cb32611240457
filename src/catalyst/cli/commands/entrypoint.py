"""`catalyst entrypoint`."""

import argparse

from catalyst.cli import given, output
from catalyst.settings import take_tokens


def entrypoint(arguments: argparse.Namespace) -> int:
    """The exit code of what is left to wait for; the workload's is the guard's, which takes our place."""
    from catalyst.container import entrypoint as first

    if arguments.role == "verify":
        from catalyst.cli.commands import verify

        return verify.verify(arguments)
    settings = first.unprivileged(given.settings(arguments, quiet=arguments.beside is not None))
    match arguments.role:
        case "front":
            alone = arguments.beside is None  # else whoever started it has taken them
            held = given.tokens(arguments, settings) if alone or arguments.tokens_fd else None
            return first.front(settings, output.notice, arguments.beside, held)
        case "workload":
            return first.workload(settings, output.notice, take_tokens)
        case _:
            return first.everything(settings, output.notice, lambda: given.tokens(arguments, settings))
