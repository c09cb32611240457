"""The command `catalyst`: parse, call one function, print, return an exit code."""

import sys
from collections.abc import Sequence

from catalyst.cli import output
from catalyst.errors import CatalystError


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of one command line (design §5)."""
    from catalyst.cli.parser import build

    arguments = build().parse_args(argv)
    try:
        return int(arguments.call(arguments))
    except CatalystError as error:
        output.complain(error)
        return error.exit_code
    except BrokenPipeError:  # `catalyst logs | head`
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130
