"""From parsed arguments to settings."""

import argparse
from pathlib import Path

from catalyst.cli import output
from catalyst.settings import FIELDS, Settings, load


def settings(arguments: argparse.Namespace, *, quiet: bool = False) -> Settings:
    """The settings of this command line; notices are printed unless `quiet`."""
    options = {field.key: getattr(arguments, field.key, None) for field in FIELDS}
    named = getattr(arguments, "config", None)
    config = None if named is None else Path(named)
    found = load({key: text for key, text in options.items() if text is not None}, config=config)
    for text in () if quiet else found.notices:
        output.notice(text)
    return found
