"""`catalyst entrypoint`."""

import argparse

from catalyst.cli import given, output
from catalyst.settings import take_tokens


def entrypoint(arguments: argparse.Namespace) -> int:
    """The exit code of what is left to wait for; the workload's is the guard's, which takes our place."""
    from catalyst.container import entrypoint as first
    from catalyst.container import password_hash

    hashed = password_hash.given()  # first of all: no child is to have it
    if arguments.role == "verify":
        from catalyst.cli.commands import verify

        return verify.verify(arguments)
    settings = first.unprivileged(given.settings(arguments, quiet=arguments.beside is not None))
    match arguments.role:
        case "front":
            alone = arguments.beside is None  # else whoever started it has taken them
            lent = bool(arguments.fetch_tokens_fd)
            held = given.tokens(arguments, settings, fetches=lent) if alone or lent or arguments.tokens_fd else None
            if arguments.password_fd is not None:
                hashed = password_hash.received(arguments.password_fd)
            return first.front(settings, output.notice, arguments.beside, held, hashed)
        case "workload":
            if hashed:
                output.notice("CATALYST_PASSWORD_HASH is of no use here: the other container has the gateway")
            return first.workload(settings, output.notice, take_tokens)
        case "fetch":
            return first.models(settings, output.notice, lambda: given.tokens_of_start(arguments, settings))
        case _:
            return first.everything(settings, output.notice, lambda: given.tokens_of_start(arguments, settings), hashed)
