"""`catalyst status`."""

import argparse

from catalyst.cli import given, output
from catalyst.instance import down as looking


def status(arguments: argparse.Namespace) -> int:
    """0 when it answers, 1 when it does not."""
    found = looking.status(given.settings(arguments))
    if arguments.json:
        output.as_json(found)
    else:
        rows = [(key, str(value)) for key, value in found.items()]
        output.table(f"{found['app']} on {found['data']}", ("", ""), rows)
    return 0 if found["answers"] else 1
