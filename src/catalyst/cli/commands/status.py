"""`catalyst status`."""

import argparse

from catalyst.cli import given, output
from catalyst.instance import down as looking
from catalyst.instance import egress


def status(arguments: argparse.Namespace) -> int:
    """0 when it answers, 1 when it does not."""
    settings = given.settings(arguments)
    found = {**looking.status(settings), "refused": egress.last_refused(settings)}
    if arguments.json:
        output.as_json(found)
    else:
        refused = found.pop("refused")
        rows = [(key, str(value)) for key, value in found.items()]
        output.table(f"{found['app']} on {found['data']}", ("", ""), rows)
        if refused:
            shown = [tuple(str(one[key]) for key in egress.COLUMNS) for one in refused]
            output.table("refused last", egress.COLUMNS, shown)
    return 0 if found["answers"] else 1
