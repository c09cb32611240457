"""How things are printed. stdout carries what can be piped; stderr carries notices, progress and errors."""

import sys
from collections.abc import Sequence
from typing import Any

from catalyst.errors import CatalystError, plain


def complain(error: CatalystError) -> None:
    """An error and its hint."""
    print(f"catalyst: error: {error}", file=sys.stderr)
    if error.hint:
        print(f"catalyst: hint: {error.hint}", file=sys.stderr)


def notice(text: str) -> None:
    """A line the user should read; the program goes on."""
    print(f"catalyst: notice: {text}", file=sys.stderr, flush=True)


def as_json(value: Any) -> None:
    """One JSON document."""
    import json

    print(json.dumps(value, indent=2, default=str))


def compact(value: Any) -> str:
    """One JSON document on one line."""
    import json

    return json.dumps(value, separators=(",", ":"), default=str)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table that fits the terminal; plain lines where the output is not one. Of one without columns the title is left."""
    if not columns:
        print(plain(title))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    grid = Table(title=Text(plain(title)), title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        # What the workload or a record says may stand in a cell; the terminal must not obey it.
        grid.add_row(*(Text(plain(cell), style=_style(cell)) for cell in row))
    console.print(grid)


def _style(cell: str) -> str:
    if cell.startswith("not enforced"):
        return "bold red"
    if cell.startswith("partly"):
        return "yellow"
    return "green" if cell == "enforced" else ""
