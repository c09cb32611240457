"""The command `catalyst`: parse, call one function, print, return an exit code."""

import os
import sys
from collections.abc import Sequence

from catalyst.cli import output
from catalyst.errors import CatalystError, NotRunning


def entrypoint() -> int:
    """The command `catalyst-entrypoint`: the first program of the image."""
    return main(["entrypoint", *sys.argv[1:]])


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of one command line (design §5)."""
    from catalyst.cli.parser import COMMANDS, build

    words = list(sys.argv[1:] if argv is None else argv)
    arguments = build(words[0] if words and words[0] in COMMANDS else "").parse_args(words)
    try:
        return int(arguments.call(arguments))
    except CatalystError as error:
        output.complain(_here(error))
        return error.exit_code
    except BrokenPipeError:  # `catalyst logs | head`; the interpreter must not try to flush again at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _here(error: CatalystError) -> CatalystError:
    """With what to do about it in a container, where nothing is started by hand."""
    if isinstance(error, NotRunning):
        from catalyst.container.prepare import inside

        if inside():
            error.hint = "it may be starting still, or be the other container's: docker logs NAME"
    return error
