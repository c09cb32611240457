"""`catalyst down`."""

import argparse

from catalyst.cli import given
from catalyst.instance import down as ending


def down(arguments: argparse.Namespace) -> int:
    """0 when something was ended or cleaned up."""
    print(ending.down(given.settings(arguments)))
    return 0
